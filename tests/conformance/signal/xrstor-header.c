// Which bytes of the XSAVE header XRSTOR checks.
#include <stdio.h>
#include <string.h>
#include <signal.h>
#include <setjmp.h>
#include <immintrin.h>
static sigjmp_buf j; static void h(int s){siglongjmp(j,s);}
static unsigned char a[4096] __attribute__((aligned(64)));
int main(){ signal(SIGSEGV,h);
 for(int off=0;off<64;off++){ memset(a,0,sizeof a); unsigned lo=3,hi=0; __asm__ volatile("xsave %0"::"m"(a),"a"(lo),"d"(hi):"memory"); if(off>=8) a[512+off]=1; 
  int s=sigsetjmp(j,1); if(!s){ __asm__ volatile("xrstor %0"::"m"(a),"a"(lo),"d"(hi):"memory"); } printf("%d:%d ",off,s);} puts(""); }
