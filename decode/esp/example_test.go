package esp_test

import (
	"encoding/hex"
	"fmt"
	"log"
	"net/netip"

	"simplecap/decode/esp"
)

// Open the packet of RFC 3602, section 4, case 5: a ping.
func Example() {
	keys, err := esp.ParseKeys([]byte(`"IPv4","192.168.123.3","192.168.123.100","0x4321","AES-CBC [RFC3602]","0x90d382b410eeba7ad938c46cec1a82bf","NULL",""`))
	if err != nil {
		log.Fatal(err)
	}
	packet, _ := hex.DecodeString("0000432100000001e96e8c08ab465763fd098d45dd3ff893" +
		"f663c25d325c18c6a9453e194e120849a4870b66cc6b9965330013b4898dc856" +
		"a4699e523a55db080b59ec3a8e4b7e52775b07d1db34ed9c538ab50c551b874a" +
		"a269add047ad2d5913ac19b7cfbad4a6")

	r := esp.NewReader(esp.Limits{})
	r.Add(keys)
	src, dst := netip.MustParseAddr("192.168.123.3"), netip.MustParseAddr("192.168.123.100")
	protocol, payload, found := r.Open(src, dst, packet)
	fmt.Println(found == esp.Opened, "protocol", protocol, "with", len(payload), "bytes")
	// Output:
	// true protocol 1 with 64 bytes
}
