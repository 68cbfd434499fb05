module sigs.k8s.io/container-object-storage-interface/internal

go 1.24.2

require sigs.k8s.io/container-object-storage-interface/client v0.2.2
