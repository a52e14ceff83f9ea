/** include/uapi/linux/audit.h: messages of NETLINK_AUDIT, which are also the types of records. */
export const AUDIT_GET = 1000;
export const AUDIT_SET = 1001;
export const AUDIT_LIST = 1002;
export const AUDIT_DEL = 1004;
export const AUDIT_USER = 1005;
export const AUDIT_LOGIN = 1006;
export const AUDIT_ADD_RULE = 1011;
export const AUDIT_DEL_RULE = 1012;
export const AUDIT_LIST_RULES = 1013;
export const AUDIT_GET_FEATURE = 1019;
export const AUDIT_FIRST_USER_MSG = 1100;
export const AUDIT_LAST_USER_MSG = 1199;
export const AUDIT_FIRST_USER_MSG2 = 2100;
export const AUDIT_LAST_USER_MSG2 = 2999;
export const AUDIT_SYSCALL = 1300;
export const AUDIT_CONFIG_CHANGE = 1305;
export const AUDIT_CWD = 1307;
export const AUDIT_EOE = 1320;
export const AUDIT_SECCOMP = 1326;
export const AUDIT_PROCTITLE = 1327;

export const AUDIT_STATUS_ENABLED = 1;
export const AUDIT_STATUS_FAILURE = 2;
export const AUDIT_STATUS_PID = 4;
export const AUDIT_STATUS_RATE_LIMIT = 8;
export const AUDIT_STATUS_BACKLOG_LIMIT = 16;
export const AUDIT_STATUS_BACKLOG_WAIT_TIME = 32;
export const AUDIT_STATUS_LOST = 64;
/** struct audit_status: eleven words. */
export const AUDIT_STATUS_SIZE = 44;
export const AUDIT_FEATURE_BITMAP_ALL = 0x7f;
export const AUDIT_OFF = 0;
export const AUDIT_LOCKED = 2;

export const AUDIT_FILTER_USER = 0;
export const AUDIT_FILTER_EXIT = 4;
export const AUDIT_FILTER_PREPEND = 0x10;
export const AUDIT_NEVER = 0;
export const AUDIT_ALWAYS = 2;
export const AUDIT_MAX_FIELDS = 64;
export const AUDIT_BITMASK_SIZE = 64;
/** struct audit_rule_data: flags, action, field_count, mask, fields, values, fieldflags, buflen; then the strings. */
export const AUDIT_RULE_DATA_SIZE = 1040;

export const AUDIT_PID = 0;
export const AUDIT_UID = 1;
export const AUDIT_EUID = 2;
export const AUDIT_SUID = 3;
export const AUDIT_FSUID = 4;
export const AUDIT_GID = 5;
export const AUDIT_EGID = 6;
export const AUDIT_SGID = 7;
export const AUDIT_FSGID = 8;
export const AUDIT_LOGINUID = 9;
export const AUDIT_PERS = 10;
export const AUDIT_ARCH = 11;
export const AUDIT_PPID = 18;
export const AUDIT_SESSIONID = 25;
export const AUDIT_EXIT = 103;
export const AUDIT_SUCCESS = 104;
export const AUDIT_ARG0 = 200;
export const AUDIT_FILTERKEY = 210;
export const AUDIT_OPERATORS = 0x78000000;
