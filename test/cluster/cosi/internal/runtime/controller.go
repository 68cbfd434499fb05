// Package runtime runs the listeners of COSI's controller and sidecar.
//
// COSI has a package of this name in a module that it never published; its two
// programs ask for no more of it than this. Objects are watched, each key is
// worked on by one worker at a time, and what failed is tried again later. There
// is one of each program in a cluster under test, so that nobody is elected.
package runtime

import (
	"context"
	"fmt"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"
	"sigs.k8s.io/container-object-storage-interface/client/apis/objectstorage/v1alpha1"
	"sigs.k8s.io/container-object-storage-interface/client/clientset/versioned"
	"sigs.k8s.io/container-object-storage-interface/client/clientset/versioned/scheme"
	"sigs.k8s.io/container-object-storage-interface/client/informers/externalversions"
)

const (
	resync     = 30 * time.Second
	retryFirst = 100 * time.Millisecond
	retryLast  = 5 * time.Second
)

// Listener does what has to be done about objects of one kind.
type Listener[T any] interface {
	InitializeKubeClient(kubernetes.Interface)
	InitializeBucketClient(versioned.Interface)
	InitializeEventRecorder(record.EventRecorder)
	Add(context.Context, T) error
	Update(ctx context.Context, before, after T) error
	Delete(context.Context, T) error
}

// ObjectStorageController runs the listeners that it was given.
type ObjectStorageController struct {
	threads   int
	kube      kubernetes.Interface
	buckets   versioned.Interface
	recorder  record.EventRecorder
	informers externalversions.SharedInformerFactory
	loops     []func(context.Context)
}

// NewDefaultObjectStorageController reaches the cluster as the pod that it is in.
func NewDefaultObjectStorageController(identity, _ string, threads int) (*ObjectStorageController, error) {
	config, err := rest.InClusterConfig()
	if err != nil {
		return nil, err
	}
	kube, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	buckets, err := versioned.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	events := record.NewBroadcaster()
	events.StartRecordingToSink(&corev1.EventSinkImpl{Interface: kube.CoreV1().Events("")})
	return &ObjectStorageController{
		threads:   threads,
		kube:      kube,
		buckets:   buckets,
		recorder:  events.NewRecorder(scheme.Scheme, v1.EventSource{Component: identity}),
		informers: externalversions.NewSharedInformerFactory(buckets, resync),
	}, nil
}

// AddBucketListener lets a listener hear of Buckets.
func (c *ObjectStorageController) AddBucketListener(listener Listener[*v1alpha1.Bucket]) {
	follow(c, listener, c.informers.Objectstorage().V1alpha1().Buckets().Informer())
}

// AddBucketClaimListener lets a listener hear of BucketClaims.
func (c *ObjectStorageController) AddBucketClaimListener(listener Listener[*v1alpha1.BucketClaim]) {
	follow(c, listener, c.informers.Objectstorage().V1alpha1().BucketClaims().Informer())
}

// AddBucketAccessListener lets a listener hear of BucketAccesses.
func (c *ObjectStorageController) AddBucketAccessListener(listener Listener[*v1alpha1.BucketAccess]) {
	follow(c, listener, c.informers.Objectstorage().V1alpha1().BucketAccesses().Informer())
}

// Run works until the context ends.
func (c *ObjectStorageController) Run(ctx context.Context) error {
	c.informers.Start(ctx.Done())
	for kind, isSynced := range c.informers.WaitForCacheSync(ctx.Done()) {
		if !isSynced {
			return fmt.Errorf("no list of %v", kind)
		}
	}
	for _, loop := range c.loops {
		for range c.threads {
			go loop(ctx)
		}
	}
	<-ctx.Done()
	return nil
}

func follow[T metav1.Object](c *ObjectStorageController, listener Listener[T], informer cache.SharedIndexInformer) {
	listener.InitializeKubeClient(c.kube)
	listener.InitializeBucketClient(c.buckets)
	listener.InitializeEventRecorder(c.recorder)
	limiter := workqueue.NewTypedItemExponentialFailureRateLimiter[string](retryFirst, retryLast)
	queue := workqueue.NewTypedRateLimitingQueue(limiter)
	gone := &sync.Map{}
	add := func(object any) {
		if key, err := cache.DeletionHandlingMetaNamespaceKeyFunc(object); err == nil {
			queue.Add(key)
		}
	}
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    add,
		UpdateFunc: func(_, after any) { add(after) },
		DeleteFunc: func(last any) {
			if key, err := cache.DeletionHandlingMetaNamespaceKeyFunc(last); err == nil {
				gone.Store(key, last)
				queue.Add(key)
			}
		},
	})
	if err != nil {
		klog.Fatal(err)
	}
	c.loops = append(c.loops, func(ctx context.Context) { work(ctx, queue, informer, gone, listener) })
}

func work[T metav1.Object](ctx context.Context, queue workqueue.TypedRateLimitingInterface[string],
	informer cache.SharedIndexInformer, gone *sync.Map, listener Listener[T]) {
	for {
		key, isOver := queue.Get()
		if isOver || ctx.Err() != nil {
			return
		}
		object, exists, err := informer.GetStore().GetByKey(key)
		if err == nil && exists {
			err = listener.Update(ctx, object.(T), object.(T))
		} else if last, isGone := gone.Load(key); err == nil && isGone {
			if of, isKnown := last.(T); isKnown {
				err = listener.Delete(ctx, of)
			}
		}
		if err == nil {
			gone.Delete(key)
			queue.Forget(key)
		} else {
			klog.ErrorS(err, "Later again", "key", key)
			queue.AddRateLimited(key)
		}
		queue.Done(key)
	}
}
