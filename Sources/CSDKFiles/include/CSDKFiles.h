/* The files of the plug-in SDK as the command carries them: headers, templates, the manifest's schema. */
#ifndef CSDKFILES_H
#define CSDKFILES_H

#include <stddef.h>

/** One file. All of it lives as long as the process. */
typedef struct bhsdk_file {
  /** From PluginSDK on: "include/bulkhead/all.h". */
  const char *path;
  const unsigned char *bytes;
  size_t size;
} bhsdk_file;

/** How many there are. */
size_t bhsdk_file_count(void);

/** File number `index`, in the order of their paths. */
const bhsdk_file *bhsdk_file_at(size_t index);

#endif
