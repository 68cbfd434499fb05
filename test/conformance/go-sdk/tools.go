//go:build tools

package gosdk

import _ "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
