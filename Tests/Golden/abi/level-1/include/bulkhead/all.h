/* Everything of ABI level 1 in one include. */
#ifndef BULKHEAD_ALL_H
#define BULKHEAD_ALL_H

#include "bulkhead.h"
#include "ext/cleanup.h"
#include "ext/format.h"
#include "ext/log.h"
#include "ext/params.h"
#include "ext/progress.h"
#include "ext/reconcile.h"
#include "ext/result.h"
#include "ext/steps.h"
#include "ext/wait.h"

#include "ext/draft/records.h"

#endif
