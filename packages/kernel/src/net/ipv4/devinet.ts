import { NLM_F_MULTI, RTM_NEWADDR } from "../../uapi/netlink.ts";
import { AF_INET } from "../../uapi/socket.ts";
import type { InterfaceAddress, NetDevice } from "../core/dev.ts";
import { MessageWriter, type Request } from "../netlink/message.ts";

const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_LABEL = 3;
const IFA_CACHEINFO = 6;
const IFA_FLAGS = 8;
const IFA_PROTO = 11;
const IFA_F_PERMANENT = 0x80;
/** IFAPROT_KERNEL_LO: the kernel gave the address to the loopback device. */
const IFAPROT_KERNEL_LO = 1;

/** An address of a device, of either family. @linux net/ipv4/devinet.c inet_fill_ifaddr */
export function inetFillIfaddr(dev: NetDevice, address: InterfaceAddress, request: Request): Uint8Array {
  const w = new MessageWriter(RTM_NEWADDR, NLM_F_MULTI, request.seq, request.portid);
  w.put8(address.family, address.prefixLength, IFA_F_PERMANENT, address.scope).put32(dev.index);
  w.attribute(IFA_ADDRESS, address.bytes);
  if (address.family === AF_INET) w.attribute(IFA_LOCAL, address.bytes).attributeString(IFA_LABEL, dev.name);
  w.attribute32(IFA_FLAGS, IFA_F_PERMANENT);
  // Valid and preferred for ever, made and changed at boot.
  w.attribute(IFA_CACHEINFO, [255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0]);
  return w.attribute8(IFA_PROTO, IFAPROT_KERNEL_LO).finish();
}
