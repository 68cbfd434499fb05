// Sends requests of random names, parameters and headers, signed by the Go SDK in each of its ways.
//
// Usage: sign-random SEED COUNT, with the variables of the suites. Writes a line of JSON for each request:
// {"way", "what", "status", "code"}. Whether the operation succeeds does not matter, whether its signature does.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
)

const bucket = "sign-random-go"

var (
	letters     = []rune("abcXYZ019-_.~ +%&=?#'\"()*!@$,;:/[]{}谷物ü🌾")
	metaLetters = []rune("abcXYZ019-_.~ +%&=?#'()*!@$,;:/[]{}")
	nameLetters = []rune("abc-xyz019")
	code        = regexp.MustCompile(`<Code>(\w+)</Code>`)
)

type request struct {
	Method     string
	Key        string
	Parameters map[string]string
	Headers    map[string]string
}

func text(chance *rand.Rand, from []rune, length int) string {
	chosen := make([]rune, 1+chance.Intn(length))
	for at := range chosen {
		chosen[at] = from[chance.Intn(len(from))]
	}
	return string(chosen)
}

func randomRequest(chance *rand.Rand) request {
	methods := []string{"GET", "PUT", "HEAD", "DELETE"}
	made := request{
		Method:     methods[chance.Intn(len(methods))],
		Key:        "k" + text(chance, letters, 40),
		Parameters: map[string]string{},
		Headers:    map[string]string{},
	}
	reading := made.Method == "GET" || made.Method == "HEAD"
	names := []string{"", "acl", "tagging", "symlink", "objectMeta", "versionId", "response-content-type"}
	switch name := names[chance.Intn(len(names))]; {
	case name == "" || !reading && name != "tagging":
	case name == "versionId":
		made.Parameters[name] = "null"
	case name == "response-content-type":
		made.Parameters[name] = "text/plain; charset=utf-8"
	default:
		made.Parameters[name] = ""
	}
	for count := chance.Intn(4); count > 0; count-- {
		value := strings.TrimSpace(text(chance, metaLetters, 30))
		made.Headers["x-oss-meta-"+text(chance, nameLetters, 10)] = value + "v"
	}
	return made
}

func sendByHeader(client *oss.Client, made request) (int, string) {
	answer, err := client.InvokeOperation(context.TODO(), &oss.OperationInput{
		OpName:     "SignRandom",
		Method:     made.Method,
		Bucket:     oss.Ptr(bucket),
		Key:        oss.Ptr(made.Key),
		Parameters: made.Parameters,
		Headers:    made.Headers,
	})
	var refused *oss.ServiceError
	if errors.As(err, &refused) {
		return refused.StatusCode, refused.Code
	}
	must(err)
	return answer.StatusCode, ""
}

func sendByURL(client *oss.Client, made request) (int, string) {
	input := oss.RequestCommon{Headers: made.Headers, Parameters: made.Parameters}
	var presigned *oss.PresignResult
	var err error
	switch made.Method {
	case "PUT":
		input.Parameters = nil
		presigned, err = client.Presign(context.TODO(), &oss.PutObjectRequest{
			Bucket: oss.Ptr(bucket), Key: oss.Ptr(made.Key), RequestCommon: input,
		})
	case "HEAD":
		presigned, err = client.Presign(context.TODO(), &oss.HeadObjectRequest{
			Bucket: oss.Ptr(bucket), Key: oss.Ptr(made.Key), RequestCommon: input,
		})
	default:
		presigned, err = client.Presign(context.TODO(), &oss.GetObjectRequest{
			Bucket: oss.Ptr(bucket), Key: oss.Ptr(made.Key), RequestCommon: input,
		})
	}
	must(err)
	sent, err := http.NewRequest(presigned.Method, presigned.URL, nil)
	must(err)
	for name, value := range presigned.SignedHeaders {
		sent.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(sent)
	must(err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	must(err)
	if found := code.FindSubmatch(body); found != nil {
		return answer.StatusCode, string(found[1])
	}
	return answer.StatusCode, ""
}

func main() {
	seed, err := strconv.ParseInt(os.Args[1], 10, 64)
	must(err)
	count, err := strconv.Atoi(os.Args[2])
	must(err)
	chance := rand.New(rand.NewSource(seed))
	for _, version := range []oss.SignatureVersionType{oss.SignatureVersionV1, oss.SignatureVersionV4} {
		client := oss.NewClient(oss.LoadDefaultConfig().
			WithCredentialsProvider(credentials.NewStaticCredentialsProvider(
				os.Getenv("OSS_TEST_ACCESS_KEY_ID"), os.Getenv("OSS_TEST_ACCESS_KEY_SECRET"))).
			WithRegion(os.Getenv("OSS_TEST_REGION")).
			WithEndpoint(os.Getenv("OSS_TEST_ENDPOINT")).
			WithRetryMaxAttempts(1).
			WithReadWriteTimeout(20 * time.Second).
			WithSignatureVersion(version))
		_, err := client.PutBucket(context.TODO(), &oss.PutBucketRequest{Bucket: oss.Ptr(bucket)})
		must(err)
		send := map[string]func(*oss.Client, request) (int, string){"header": sendByHeader, "url": sendByURL}
		for _, place := range []string{"header", "url"} {
			for at := 0; at < count; at++ {
				made := randomRequest(chance)
				status, code := send[place](client, made)
				line, err := json.Marshal(map[string]any{
					"way": fmt.Sprintf("v%d %s", 1+3*int(version), place), "what": made, "status": status, "code": code,
				})
				must(err)
				fmt.Println(string(line))
			}
		}
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
