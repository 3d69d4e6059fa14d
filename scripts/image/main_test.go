package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"testing"
	"time"
)

// read unpacks a tar file.
func read(t *testing.T, data []byte) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	r := tar.NewReader(bytes.NewReader(data))
	for {
		head, err := r.Next()
		if err == io.EOF {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if files[head.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
}

// An archive ends as other programs want it: in whole blocks, and two empty ones.
func TestArchiveEnds(t *testing.T) {
	b, err := archive([]file{{name: "one", mode: 0o644, data: []byte("1")}}, time.Unix(0, 0))
	if err != nil || len(b)%512 != 0 || !bytes.HasSuffix(b, make([]byte, 1024)) {
		t.Errorf("%v: %d bytes", err, len(b))
	}
}

// Every digest in the image is that of what it names, the binary is in its layer, and the
// same arguments make the same bytes.
func TestBuild(t *testing.T) {
	made := time.Unix(1767225600, 0).UTC()
	image, err := build([]byte("a binary"), "arm", "1.2.3", made)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := build([]byte("a binary"), "arm", "1.2.3", made)
	if !bytes.Equal(image, again) {
		t.Error("the second image is another one")
	}
	files := read(t, image)
	blob := func(digest string) []byte {
		data, ok := files["blobs/sha256/"+digest[len("sha256:"):]]
		sum := sha256.Sum256(data)
		if !ok || "sha256:"+hex.EncodeToString(sum[:]) != digest {
			t.Fatalf("%s is not there, or is something else", digest)
		}
		return data
	}
	var index struct{ Manifests []descriptor }
	var manifest struct {
		Config descriptor
		Layers []descriptor
	}
	var config struct {
		Variant string
		Config  struct{ User string }
		RootFS  struct {
			DiffIDs []string `json:"diff_ids"`
		}
	}
	for _, part := range []struct {
		data func() []byte
		into any
	}{
		{func() []byte { return files["index.json"] }, &index},
		{func() []byte { return blob(index.Manifests[0].Digest) }, &manifest},
		{func() []byte { return blob(manifest.Config.Digest) }, &config},
	} {
		if err := json.Unmarshal(part.data(), part.into); err != nil {
			t.Fatal(err)
		}
	}
	if name := index.Manifests[0].Annotations["org.opencontainers.image.ref.name"]; name != "simplecap:1.2.3" {
		t.Errorf("podman would call it %q", name)
	}
	z, err := gzip.NewReader(bytes.NewReader(blob(manifest.Layers[0].Digest)))
	if err != nil {
		t.Fatal(err)
	}
	layer, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(layer)
	if config.RootFS.DiffIDs[0] != "sha256:"+hex.EncodeToString(sum[:]) || config.Variant != "v7" || config.Config.User == "" {
		t.Errorf("the configuration is %+v", config)
	}
	if string(read(t, layer)["usr/bin/simplecap"]) != "a binary" {
		t.Error("the binary is not in its layer")
	}
}
