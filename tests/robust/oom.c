#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <sys/mman.h>
int main(){ size_t n=0; void*p=mmap(0,1UL<<40,3,MAP_PRIVATE|MAP_ANONYMOUS,-1,0); printf("huge %s\n",p==MAP_FAILED?"ENOMEM":"ok"); fflush(stdout); for(;;){ char*q=malloc(1<<20); if(!q){printf("malloc NULL\n");return 1;} memset(q,1,1<<20); n++; } }
