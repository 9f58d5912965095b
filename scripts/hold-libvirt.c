/* Holds one connection to a libvirtd open, or lists its machines.
 *
 * libvirt's test driver forgets its machines when the last connection closes. A holder keeps them, as a real
 * hypervisor would, and is a second witness of what plug-ins did.
 *
 *     hold-libvirt hold URI     prints "held" when the connection stands, then waits to be killed
 *     hold-libvirt list URI     prints the name of each machine
 *
 * Build: cc hold-libvirt.c -o hold-libvirt -lvirt
 */
#include <libvirt/libvirt.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int list(virConnectPtr connection) {
  virDomainPtr *machines = NULL;
  int count = virConnectListAllDomains(connection, &machines, 0);
  for (int i = 0; i < count; i++) {
    printf("%s\n", virDomainGetName(machines[i]));
    virDomainFree(machines[i]);
  }
  free(machines);
  return count < 0 ? 1 : 0;
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: hold-libvirt hold|list URI\n");
    return 64;
  }
  virConnectPtr connection = virConnectOpen(argv[2]);
  if (connection == NULL) return 1;
  int code = 0;
  if (strcmp(argv[1], "list") == 0) {
    code = list(connection);
  } else {
    puts("held");
    fflush(stdout);
    pause();
  }
  virConnectClose(connection);
  return code;
}
