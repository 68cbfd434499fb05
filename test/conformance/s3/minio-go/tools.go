//go:build tools

package tools

import (
	_ "github.com/dustin/go-humanize"
	_ "github.com/google/uuid"
	_ "github.com/minio/minio-go/v7"
)
