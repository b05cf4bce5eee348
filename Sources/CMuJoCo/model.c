#include "CMuJoCo.h"
#include "recovery.h"

#include <mujoco/mjxmacro.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

// mj_loadXML keeps the last model it parsed in a global; one load at a time.
static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;

typedef struct {
    const char *path;
    const mjModel *source;
    mjModel *model;
    mjData *data;
    char *message;
} Construction;

static void load(void *context)
{
    Construction *c = context;
    // Whatever is wrong with a file comes back in this buffer; the error callback is left for exhausted memory.
    c->model = mj_loadXML(c->path, NULL, c->message, GAIT_MJ_MESSAGE);
}

mjModel *gait_mj_load(const char *path, char *message)
{
    Construction c = {.path = path, .message = message};
    message[0] = 0;
    pthread_mutex_lock(&loading);
    const int failed = gait_mj_guarded(load, &c, message);
    pthread_mutex_unlock(&loading);
    return failed ? NULL : c.model;
}

static void copy_model(void *context)
{
    Construction *c = context;
    c->model = mj_copyModel(NULL, c->source);
}

mjModel *gait_mj_copy_model(const mjModel *model, char *message)
{
    Construction c = {.source = model};
    snprintf(message, GAIT_MJ_MESSAGE, "no memory for a copy of the model");
    return gait_mj_guarded(copy_model, &c, message) ? NULL : c.model;
}

static void free_model(void *context)
{
    mj_deleteModel(context);
}

void gait_mj_free_model(mjModel *model)
{
    char message[GAIT_MJ_MESSAGE];
    gait_mj_guarded(free_model, model, message);
}

static void make_data(void *context)
{
    Construction *c = context;
    c->data = mj_makeData(c->source);
}

mjData *gait_mj_make_data(const mjModel *model, char *message)
{
    Construction c = {.source = model};
    snprintf(message, GAIT_MJ_MESSAGE, "no memory for a simulation");
    return gait_mj_guarded(make_data, &c, message) ? NULL : c.data;
}

static void free_data(void *context)
{
    mj_deleteData(context);
}

void gait_mj_free_data(mjData *data)
{
    char message[GAIT_MJ_MESSAGE];
    gait_mj_guarded(free_data, data, message);
}

static void set_numbers(GaitModelField *f, const mjtNum *p, int n) { *f = (GaitModelField){.numbers = p, .count = n}; }
static void set_floats(GaitModelField *f, const float *p, int n) { *f = (GaitModelField){.floats = p, .count = n}; }
static void set_integers(GaitModelField *f, const int *p, int n) { *f = (GaitModelField){.integers = p, .count = n}; }
static void set_bytes(GaitModelField *f, const mjtByte *p, int n) { *f = (GaitModelField){.bytes = p, .count = n}; }
static void set_flags(GaitModelField *f, const _Bool *p, int n) { set_bytes(f, (const mjtByte *)p, n); }
static void set_sizes(GaitModelField *f, const void *p, int n) { *f = (GaitModelField){.sizes = p, .count = n}; }
static void set_nothing(GaitModelField *f, const char *p, int n) { (void)p; (void)n; *f = (GaitModelField){.count = 0}; }

// Since 3.0 sizes that may be large have 64 bits, by various names; since 3.5 what is true or false is _Bool.
#define SET(pointer) \
    _Generic((pointer), mjtNum *: set_numbers, const mjtNum *: set_numbers, float *: set_floats, int *: set_integers, \
             const int *: set_integers, mjtByte *: set_bytes, _Bool *: set_flags, char *: set_nothing, \
             long *: set_sizes, const long *: set_sizes, const unsigned long *: set_sizes)
_Static_assert(sizeof(long) == sizeof(int64_t) && sizeof(_Bool) == 1, "what the fields of GaitModelField stand for");

// The list's name before 3.5.
#ifndef MJMODEL_SIZES
#define MJMODEL_SIZES MJMODEL_INTS
#endif

int gait_mj_field(const mjModel *m, const char *name, GaitModelField *field)
{
    *field = (GaitModelField){.count = 0};
    if (!strcmp(name, "timestep")) return set_numbers(field, &m->opt.timestep, 1), 1;
    if (!strcmp(name, "gravity")) return set_numbers(field, m->opt.gravity, 3), 1;
    if (!strcmp(name, "integrator")) return set_integers(field, &m->opt.integrator, 1), 1;
    if (!strcmp(name, "solver")) return set_integers(field, &m->opt.solver, 1), 1;
    if (!strcmp(name, "iterations")) return set_integers(field, &m->opt.iterations, 1), 1;

#define X(size) \
    if (!strcmp(name, #size)) return SET(&m->size)(field, &m->size, 1), 1;
    MJMODEL_SIZES
#undef X

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-variable"
    MJMODEL_POINTERS_PREAMBLE(m)
#undef MJ_M
#define MJ_M(n) n
#define X(type, array, rows, columns) \
    if (!strcmp(name, #array)) { \
        SET(m->array)(field, m->array, m->rows * (columns)); \
        return field->numbers || field->floats || field->integers || field->bytes; \
    }
    MJMODEL_POINTERS
#undef X
#pragma GCC diagnostic pop
    return 0;
}
