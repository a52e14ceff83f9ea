#include <unistd.h>
#include <stdio.h>
#include <fcntl.h>
#include <errno.h>
#include <string.h>
static char b[65536];
int main(){ int f=open("/tmp/x",O_CREAT|O_WRONLY,0600); long n=0; for(;;){ int r=write(f,b,sizeof b); if(r<0){printf("write: %s after some\n",strerror(errno)); return 2;} n+=r; } }
