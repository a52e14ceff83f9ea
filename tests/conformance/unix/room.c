#define _GNU_SOURCE
#include <sys/socket.h>
#include <sys/ioctl.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>
static char buf[1<<20];
// How much fits: what each size of message counts against the send buffer.
int main(){ int types[]={SOCK_STREAM,SOCK_DGRAM,SOCK_SEQPACKET}; int sizes[]={1,64,100,128,192,193,256,300,384,500,512,1000,1024,2000,3700,3776,3777,4096,8192,30000,65536,100000,200000,212991};
 for(int t=0;t<3;t++){ for(unsigned i=0;i<sizeof sizes/4;i++){ int sv[2]; socketpair(AF_UNIX,types[t]|SOCK_NONBLOCK,0,sv); int v; 
   long total=0,n=0,r; int first=0; int e=0; while((r=write(sv[0],buf,sizes[i]))>0){total+=r;n++; if(n==1) ioctl(sv[0],SIOCOUTQ,&first); if(n>100000)break;} e=errno; ioctl(sv[0],SIOCOUTQ,&v); int q; ioctl(sv[1],FIONREAD,&q); printf("%d size %d: n %ld total %ld outq first %d all %d inq %d %s\n",types[t],sizes[i],n,total,first,v,q,r<0?strerror(e):""); close(sv[0]);close(sv[1]); } }
}
