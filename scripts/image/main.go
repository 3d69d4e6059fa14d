// Command image makes a container image from a static binary: an OCI layout in a tar
// file, with one layer, that docker load and podman load take too. It needs no engine and
// no registry, and equal arguments make equal bytes.
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"log"
	"os"
	"time"
)

func main() {
	log.SetFlags(0)
	arch := flag.String("arch", "amd64", "the binary's `GOARCH`")
	seconds := flag.Int64("time", 0, "when all of it was made, in `SECONDS` since 1970")
	version := flag.String("version", "", "the `TAG` of the image")
	out := flag.String("o", "image.tar", "write it to `FILE`")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("usage: image [-arch GOARCH] [-time SECONDS] [-version TAG] [-o FILE] BINARY")
	}
	binary, err := os.ReadFile(flag.Arg(0))
	if err != nil {
		log.Fatal(err)
	}
	image, err := build(binary, *arch, *version, time.Unix(*seconds, 0).UTC())
	if err == nil {
		err = os.WriteFile(*out, image, 0o644)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// nobody is the user of the image.
const nobody = 65534

// descriptor names a blob of the layout.
type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int               `json:"size"`
	Platform    map[string]string `json:"platform,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// layout collects blobs and the files beside them.
type layout struct {
	files []file
}

type file struct {
	name string
	mode int64
	data []byte
}

// blob adds a blob and returns its descriptor.
func (l *layout) blob(mediaType string, data []byte) descriptor {
	sum := sha256.Sum256(data)
	name := hex.EncodeToString(sum[:])
	l.files = append(l.files, file{"blobs/sha256/" + name, 0o644, data})
	return descriptor{MediaType: mediaType, Digest: "sha256:" + name, Size: len(data)}
}

// object encodes a value that cannot fail to be.
func object(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// build makes the image.
func build(binary []byte, arch, version string, made time.Time) ([]byte, error) {
	layer, err := archive([]file{{"usr/bin/simplecap", 0o755, binary}, {"data/", 0o755, nil}}, made)
	if err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	z, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression) // the level is legal
	z.Write(layer)
	if err := z.Close(); err != nil {
		return nil, err
	}
	var l layout
	config := l.blob("application/vnd.oci.image.config.v1+json", configOf(layer, arch, version, made))
	layers := []descriptor{l.blob("application/vnd.oci.image.layer.v1.tar+gzip", packed.Bytes())}
	manifest := l.blob("application/vnd.oci.image.manifest.v1+json", object(map[string]any{
		"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": layers,
	}))
	manifest.Platform = map[string]string{"os": "linux", "architecture": arch}
	manifest.Annotations = map[string]string{"org.opencontainers.image.ref.name": "simplecap:" + version} // what podman load calls it
	l.files = append(l.files,
		file{"index.json", 0o644, object(map[string]any{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": []descriptor{manifest}})},
		file{"oci-layout", 0o644, []byte(`{"imageLayoutVersion":"1.0.0"}`)},
		// For docker load of old.
		file{"manifest.json", 0o644, object([]map[string]any{{
			"Config": l.files[0].name, "RepoTags": []string{"simplecap:" + version}, "Layers": []string{l.files[1].name},
		}})})
	return archive(l.files, made)
}

// configOf says how the image is run: captures are mounted at /data.
func configOf(layer []byte, arch, version string, made time.Time) []byte {
	sum := sha256.Sum256(layer)
	config := map[string]any{
		"created": made.Format(time.RFC3339), "os": "linux", "architecture": arch,
		"config": map[string]any{
			"User": "65534:65534", "Entrypoint": []string{"/usr/bin/simplecap"}, "WorkingDir": "/data",
			"Labels": map[string]string{"org.opencontainers.image.title": "simplecap", "org.opencontainers.image.version": version, "org.opencontainers.image.licenses": "Apache-2.0"},
		},
		"rootfs":  map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + hex.EncodeToString(sum[:])}},
		"history": []map[string]any{{"created": made.Format(time.RFC3339), "created_by": "scripts/image"}},
	}
	if arch == "arm" {
		config["variant"] = "v7"
	}
	return object(config)
}

// archive makes a tar file; a name that ends in a slash is a folder.
func archive(files []file, made time.Time) ([]byte, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, f := range files {
		head := &tar.Header{Name: f.name, Mode: f.mode, Size: int64(len(f.data)), ModTime: made, Format: tar.FormatUSTAR, Typeflag: tar.TypeReg}
		if f.data == nil {
			head.Typeflag, head.Uid, head.Gid = tar.TypeDir, nobody, nobody
		}
		if err := w.WriteHeader(head); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.data); err != nil {
			return nil, err
		}
	}
	err := w.Close() // which writes the end: the bytes are not complete before
	return out.Bytes(), err
}
