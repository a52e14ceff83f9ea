#include <unistd.h>
#include <stdio.h>
#include <sys/resource.h>
#include <errno.h>
#include <string.h>
#include <sys/wait.h>
int main(int c,char**v){ if(c>1){ struct rlimit r={60,60}; setrlimit(RLIMIT_NPROC,&r); setuid(1000);} int n=0; for(;;){ pid_t p=fork(); if(p<0){ printf("fork: %s after %d\n",strerror(errno),n>0); return 0;} if(p==0){ for(;;) if(fork()<0) pause(); } n++; } }
