/** include/uapi/linux/tcp.h, include/net/tcp.h */
export const TCP_NODELAY = 1;
export const TCP_MAXSEG = 2;
export const TCP_CORK = 3;
export const TCP_KEEPIDLE = 4;
export const TCP_KEEPINTVL = 5;
export const TCP_KEEPCNT = 6;
export const TCP_SYNCNT = 7;
export const TCP_LINGER2 = 8;
export const TCP_DEFER_ACCEPT = 9;
export const TCP_WINDOW_CLAMP = 10;
export const TCP_INFO = 11;
export const TCP_QUICKACK = 12;
export const TCP_CONGESTION = 13;
export const TCP_THIN_LINEAR_TIMEOUTS = 16;
export const TCP_THIN_DUPACK = 17;
export const TCP_USER_TIMEOUT = 18;
export const TCP_REPAIR = 19;
export const TCP_FASTOPEN = 23;
export const TCP_TIMESTAMP = 24;
export const TCP_NOTSENT_LOWAT = 25;
export const TCP_CC_INFO = 26;
export const TCP_SAVE_SYN = 27;
export const TCP_SAVED_SYN = 28;
export const TCP_FASTOPEN_CONNECT = 30;
export const TCP_ULP = 31;
export const TCP_FASTOPEN_NO_COOKIE = 34;
export const TCP_INQ = 36;
export const TCP_TX_DELAY = 37;

export const TCPHDR_FIN = 1;
export const TCPHDR_SYN = 2;
export const TCPHDR_RST = 4;
export const TCPHDR_PSH = 8;
export const TCPHDR_ACK = 16;
export const TCPHDR_URG = 32;

/** TcpSock.nonagle. */
export const TCP_NAGLE_OFF = 1;
export const TCP_NAGLE_CORK = 2;
export const TCP_NAGLE_PUSH = 4;

/** Bits of TcpSock.ackPending. */
export const ICSK_ACK_SCHED = 1;
export const ICSK_ACK_TIMER = 2;
export const ICSK_ACK_PUSHED = 4;
export const ICSK_ACK_PUSHED2 = 8;
export const ICSK_ACK_NOW = 16;

/** TcpSock.urgData: its low byte is the urgent byte. */
export const TCP_URG_VALID = 0x0100;
export const TCP_URG_NOTYET = 0x0200;
export const TCP_URG_READ = 0x0400;

const MS = 1e6;
export const TCP_RTO_MIN = 200 * MS;
export const TCP_RTO_MAX = 120_000 * MS;
export const TCP_TIMEOUT_INIT = 1000 * MS;
export const TCP_ATO_MIN = 40 * MS;
export const TCP_DELACK_MIN = 40 * MS;
export const TCP_DELACK_MAX = 200 * MS;
export const TCP_TIMEWAIT_LEN = 60_000 * MS;
export const TCP_FIN_TIMEOUT = 60_000 * MS;
export const TCP_MSS_DEFAULT = 536;
export const TCP_INIT_CWND = 10;
export const TCP_MAX_QUICKACKS = 16;
/** net.ipv4.tcp_rmem and tcp_wmem: least, default, most. */
export const TCP_RMEM = [4096, 131072, 6291456] as const;
export const TCP_WMEM = [4096, 16384, 4194304] as const;
export const TCP_SYN_RETRIES = 6;
export const TCP_SYN_LINEAR_TIMEOUTS = 4;
export const TCP_SYNACK_RETRIES = 5;
export const TCP_RETRIES2 = 15;
export const TCP_ORPHAN_RETRIES = 8;
