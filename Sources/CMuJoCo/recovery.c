#define _GNU_SOURCE
#include "recovery.h"
#include "CMuJoCo.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

static _Thread_local jmp_buf *recovery_point;
static _Thread_local char last_error[GAIT_MJ_MESSAGE];

static void on_error(const char *text)
{
    if (!recovery_point) {  // a MuJoCo call outside gait_mj_guarded: our own mistake, and going on would corrupt memory
        fprintf(stderr, "MuJoCo error without a recovery point: %s\n", text);
        abort();
    }
    snprintf(last_error, sizeof last_error, "%s", text);
    _longjmp(*recovery_point, 1);
}

/// MuJoCo's default appends to MUJOCO_LOG.TXT in the working folder. What matters is counted in mjData.warning.
static void on_warning(const char *text)
{
    (void)text;
}

static pthread_once_t installed = PTHREAD_ONCE_INIT;

static void install(void)
{
    mju_user_error = on_error;
    mju_user_warning = on_warning;
}

int gait_mj_guarded(void (*body)(void *), void *context, char *message)
{
    pthread_once(&installed, install);
    jmp_buf here;
    jmp_buf *const outer = recovery_point;
    if (_setjmp(here)) {
        recovery_point = outer;
        snprintf(message, GAIT_MJ_MESSAGE, "%s", last_error);
        return 1;
    }
    recovery_point = &here;
    body(context);
    recovery_point = outer;
    return 0;
}
