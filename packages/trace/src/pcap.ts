import type { Kernel } from "@lstar/kernel";
import { CHECKSUM_PARTIAL, PACKET_LOOPBACK, type Packet, skbPeekBits } from "@lstar/kernel/net/core/skb.ts";
import { checksumHelp } from "@lstar/kernel/net/ipv4/ipOutput.ts";
import { IFF_LOOPBACK } from "@lstar/kernel/uapi/netlink.ts";

/** Capture files: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html, with times in nanoseconds. */
const MAGIC_NS = 0xa1b23c4d;
const SNAPLEN = 262144;
const LINKTYPE_ETHERNET = 1;
const ETHERNET_HEADER = 14;

/**
 * Writes the packets of the machine's devices as a capture that tcpdump and Wireshark read: what goes out, and what comes in from
 * elsewhere. The loopback device has an Ethernet header of zeros, as natively. Checksums that the kernel leaves to the device are filled in.
 */
export class PcapWriter {
  readonly #k: Kernel;
  readonly #write: (bytes: Uint8Array) => void;
  /** Ends it. */
  readonly stop: () => void;
  packets = 0;

  /** Begins: the file's header is written at once, each packet as it goes out. */
  constructor(k: Kernel, write: (bytes: Uint8Array) => void) {
    this.#k = k;
    this.#write = write;
    const head = new DataView(new ArrayBuffer(24));
    head.setUint32(0, MAGIC_NS, true);
    head.setUint16(4, 2, true);
    head.setUint16(6, 4, true);
    head.setUint32(16, SNAPLEN, true);
    head.setUint32(20, LINKTYPE_ETHERNET, true);
    write(new Uint8Array(head.buffer));
    const sent = k.trace.netDevXmit.on((skb) => this.#packet(skb));
    // What goes out on the loopback device comes in there, too.
    const received = k.trace.netifReceiveSkb.on((skb, dev) => {
      if (!(dev.flags & IFF_LOOPBACK) && skb.pktType !== PACKET_LOOPBACK) this.#packet(skb);
    });
    this.stop = () => {
      sent();
      received();
    };
  }

  #packet(skb: Packet): void {
    const k = this.#k;
    const { length } = skb;
    const record = new Uint8Array(16 + ETHERNET_HEADER + length);
    const v = new DataView(record.buffer);
    const { sec, nsec } = k.time.glanceRealtime();
    v.setUint32(0, sec, true);
    v.setUint32(4, nsec, true);
    v.setUint32(8, ETHERNET_HEADER + length, true);
    v.setUint32(12, ETHERNET_HEADER + length, true);
    if (skb.linkHeader) record.set(skb.linkHeader, 16);
    else v.setUint16(28, skb.protocol, false);
    skbPeekBits(k, skb, 0, record, 16 + ETHERNET_HEADER, length);
    if (skb.ipSummed === CHECKSUM_PARTIAL) checksumHelp(record.subarray(16 + ETHERNET_HEADER), skb.protocol);
    this.#write(record);
    this.packets++;
  }
}
