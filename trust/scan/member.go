package scan

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"io"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
)

// maxMember bounds what one compressed member may unfold to.
const maxMember = 256 << 20

// packers are the compressed formats that announce themselves.
var packers = []struct {
	magic []string
	open  func(io.Reader) (io.Reader, error)
}{
	{[]string{"\x1f\x8b\x08"}, func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }},
	{[]string{"\x78\x01", "\x78\x5e", "\x78\x9c", "\x78\xda"}, func(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) }},
	{[]string{"\xff\x06\x00\x00sNaPpY", "\xff\x06\x00\x00S2sTwO"}, func(r io.Reader) (io.Reader, error) { return s2.NewReader(r), nil }},
	{[]string{"\x28\xb5\x2f\xfd"}, func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r, zstd.WithDecoderConcurrency(1)) }},
}

// members calls unfolded with the content of each compressed member, as far as
// it can be read: a member that breaks off shows its beginning.
func members(data []byte, unfolded func([]byte)) {
	for _, p := range packers {
		for _, magic := range p.magic {
			for at := 0; ; at++ {
				next := bytes.Index(data[at:], []byte(magic))
				if next < 0 {
					break
				}
				at += next
				if r, err := p.open(bytes.NewReader(data[at:])); err == nil {
					content, _ := io.ReadAll(io.LimitReader(r, maxMember))
					if d, ok := r.(*zstd.Decoder); ok {
						d.Close()
					}
					if len(content) >= anchor {
						unfolded(content)
					}
				}
			}
		}
	}
}
