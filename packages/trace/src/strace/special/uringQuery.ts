import { uringEnterFlags, uringFeatures, uringSetupFlags, uringSqeFlags } from "../../uring/names.ts";
import type { Call } from "../call.ts";
import { flagsText, pointer } from "../text.ts";
import { pointer64 } from "./seccomp.ts";

/** Entries of a list of queries that are shown. */
const MOST = 32;
const HEADER = 40;
const OPCODES = 48;
const queries = ["OPCODES", "ZCRX", "SCQ", "ZCRX_EVENT"];

const u64 = (v: DataView, at: number): number => v.getUint32(at, true) + v.getUint32(at + 4, true) * 2 ** 32;

/** struct io_uring_query_opcode: what the kernel can. */
function opcodes(v: DataView): string {
  return (
    `{nr_request_opcodes=${v.getUint32(0, true)}, nr_register_opcodes=${v.getUint32(4, true)}` +
    `, feature_flags=${flagsText(uringFeatures, u64(v, 8))}, ring_setup_flags=${flagsText(uringSetupFlags, u64(v, 16))}` +
    `, enter_flags=${flagsText(uringEnterFlags, u64(v, 24))}, sqe_flags=${flagsText(uringSqeFlags, u64(v, 32))}` +
    `, nr_query_opcodes=${v.getUint32(40, true)}}`
  );
}

/** The list of IORING_REGISTER_QUERY, each entry within the one before it. */
export function queryText(c: Call, address: number): string {
  let text = "";
  let depth = 0;
  for (let at = address; ; depth++) {
    const v = at === 0 ? null : c.view(at, HEADER);
    if (!v || depth >= MOST) {
      text += v ? `${pointer(at)} /* ... */` : pointer(at);
      break;
    }
    const data = u64(v, 8);
    const op = v.getUint32(16, true);
    const size = v.getUint32(20, true);
    text +=
      `{query_data=${pointer64(v, 8)}, query_op=${queries[op] ? `IO_URING_QUERY_${queries[op]}` : `0x${op.toString(16)} /* IO_URING_QUERY_??? */`}` +
      `, size=${size}, result=${v.getInt32(24, true)}`;
    if (data !== 0 && size > 0) {
      const inside = op === 0 ? c.view(data, OPCODES) : null;
      text += `, query_data=${inside ? opcodes(inside) : pointer(data)}`;
    }
    text += ", next_entry=";
    at = u64(v, 0);
  }
  return text + "}".repeat(depth);
}

/** struct io_uring_zcrx_ifq_reg: a network device's receive queue for zero copy. */
export function zcrxText(v: DataView): string {
  const word = (at: number): number => v.getUint32(at, true);
  const flags = word(12) === 0 ? "0" : word(12) === 1 ? "ZCRX_REG_IMPORT" : `0x${word(12).toString(16)} /* ZCRX_REG_??? */`;
  return (
    `{if_idx=${word(0)}, if_rxq=${word(4)}, rq_entries=${word(8)}, flags=${flags}, area_ptr=${pointer64(v, 16)}, region_ptr=${pointer64(v, 24)}` +
    `, offsets={head=${word(32)}, tail=${word(36)}, rqes=${word(40)}}, zcrx_id=${word(64)}, rx_buf_len=${word(68)}, event_desc=${pointer64(v, 72)}}`
  );
}
