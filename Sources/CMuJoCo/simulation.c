#include "CMuJoCo.h"
#include "recovery.h"

#include <math.h>
#include <string.h>
#include <time.h>

// What one call works on. Everything that a body run by gait_mj_guarded writes lies here or behind these pointers, so that
// nothing of value is in registers when an error unwinds.
typedef struct {
    const mjModel *model;
    mjData *data;
    int frame_skip;
    const double *controls;
    const double *positions;
    const double *velocities;
    const double *state;
    const GaitReadout *readout;
    int row;
    int outcome;
    int steps, episode;
    double seconds;
} Work;

/// mj_checkPos and its kin reset the data, counters included, and then count themselves: so clear the counter before and
/// look for more than zero after, not for an increase.
static const int bad_states[] = {mjWARN_BADQPOS, mjWARN_BADQVEL, mjWARN_BADQACC, mjWARN_BADCTRL};

static void clear_warnings(mjData *d)
{
    for (int i = 0; i < 4; i++) d->warning[bad_states[i]].number = 0;
    d->warning[mjWARN_CONTACTFULL].number = d->warning[mjWARN_CNSTRFULL].number = 0;
}

/// Since MuJoCo 2.3 contacts lie beside the stack. Where there is no room left it warns and goes on without them, so that robots fall
/// through the floor; 2.2.2 reports an error.
static void require_room(const mjData *d)
{
#if mjVERSION_HEADER >= 230
    if (d->warning[mjWARN_CONTACTFULL].number || d->warning[mjWARN_CNSTRFULL].number)
        mju_error("no room for all contacts beside the stack; the model's `<size memory=...>` gives more");
#else
    (void)d;
#endif
}

static int all_finite(const double *x, int n)
{
    double sum = 0;  // 0 * infinity and 0 * NaN are NaN
    for (int i = 0; i < n; i++) sum += 0 * x[i];
    return sum == 0;
}

static int state_outcome(const mjModel *m, const mjData *d)
{
    int bad = 0;
    for (int i = 0; i < 4; i++) bad |= d->warning[bad_states[i]].number;
    if (bad || !all_finite(d->qpos, m->nq) || !all_finite(d->qvel, m->nv)) return GAIT_MJ_UNSTABLE;
    return GAIT_MJ_STABLE;
}

static void reset(void *context)
{
    Work *w = context;
    mj_resetData(w->model, w->data);
}

/// An error leaves MuJoCo's stack pointer and constraint counts anywhere; a reset puts them right.
static int failed(Work *w)
{
    char ignored[GAIT_MJ_MESSAGE];
    gait_mj_guarded(reset, w, ignored);
    return GAIT_MJ_FAILED;
}

static void set_state(void *context)
{
    Work *w = context;
    const mjModel *m = w->model;
    mjData *d = w->data;
    mj_resetData(m, d);
    memcpy(d->qpos, w->positions, sizeof(double) * m->nq);
    memcpy(d->qvel, w->velocities, sizeof(double) * m->nv);
    mj_forward(m, d);
    require_room(d);
}

int gait_mj_set_state(const mjModel *model, mjData *data, const double *positions, const double *velocities, char *message)
{
    Work w = {.model = model, .data = data, .positions = positions, .velocities = velocities};
    if (gait_mj_guarded(set_state, &w, message)) return failed(&w);
    return all_finite(data->qacc, model->nv) ? state_outcome(model, data) : GAIT_MJ_UNSTABLE;
}

/// Calls `visit` for every part of the state, in the order in which it is saved.
#define FOR_STATE(m, d, visit) \
    visit(&(d)->time, 1) \
    visit((d)->qpos, (m)->nq) \
    visit((d)->qvel, (m)->nv) \
    visit((d)->act, (m)->na) \
    visit((d)->qacc_warmstart, (m)->nv) \
    visit((d)->ctrl, (m)->nu) \
    visit((d)->qfrc_applied, (m)->nv) \
    visit((d)->xfrc_applied, (m)->nbody * 6) \
    visit((d)->mocap_pos, (m)->nmocap * 3) \
    visit((d)->mocap_quat, (m)->nmocap * 4) \
    visit((d)->userdata, (m)->nuserdata)

int gait_mj_state_size(const mjModel *m)
{
    return 1 + m->nq + 3 * m->nv + m->na + m->nu + 6 * m->nbody + 7 * m->nmocap + m->nuserdata;
}

void gait_mj_save_state(const mjModel *m, const mjData *d, double *state)
{
#define SAVE(part, count) memcpy(state, part, sizeof(double) * (count)); state += (count);
    FOR_STATE(m, d, SAVE)
#undef SAVE
}

int gait_mj_restore_state(const mjModel *m, mjData *d, const double *state, char *message)
{
    Work w = {.model = m, .data = d};
    if (gait_mj_guarded(reset, &w, message)) return failed(&w);
#define RESTORE(part, count) memcpy(part, state, sizeof(double) * (count)); state += (count);
    FOR_STATE(m, d, RESTORE)
#undef RESTORE
    return GAIT_MJ_STABLE;
}

static const double *array_of(const mjData *d, int array)
{
    switch (array) {
    case GAIT_MJ_BODY_POSITION: return d->xpos;
    case GAIT_MJ_SITE_POSITION: return d->site_xpos;
    case GAIT_MJ_BODY_CENTER: return d->xipos;
    case GAIT_MJ_BODY_INERTIA: return d->cinert;
    case GAIT_MJ_BODY_VELOCITY: return d->cvel;
    case GAIT_MJ_ACTUATOR_FORCE: return d->qfrc_actuator;
    case GAIT_MJ_CONTACT_FORCE: return d->cfrc_ext;
    default: return d->sensordata;
    }
}

static int wants_contact_forces(const GaitReadout *out)
{
    for (int i = 0; i < out->part_count; i++)
        if (out->parts[i].array == GAIT_MJ_CONTACT_FORCE) return 1;
    return out->contact_squares != NULL;
}

static void read_out(const mjModel *m, mjData *d, int row, const GaitReadout *out)
{
    if (out->positions) memcpy(out->positions + row * m->nq, d->qpos, sizeof(double) * m->nq);
    if (out->velocities) memcpy(out->velocities + row * m->nv, d->qvel, sizeof(double) * m->nv);
    if (wants_contact_forces(out)) mj_rnePostConstraint(m, d);
    double *reading = out->readings + (size_t)row * out->width;
    for (int i = 0; i < out->part_count; i++) {
        const GaitPart part = out->parts[i];
        memcpy(reading, array_of(d, part.array) + part.start, sizeof(double) * part.count);
        reading += part.count;
    }
    if (out->contact_squares) {
        const double clip = out->contact_clip;
        double sum = 0;
        for (int i = 0; i < 6 * m->nbody; i++) {
            const double force = fmax(-clip, fmin(clip, d->cfrc_ext[i]));
            sum += force * force;
        }
        out->contact_squares[row] = sum;
    }
}

static void read_one(void *context)
{
    Work *w = context;
    read_out(w->model, w->data, w->row, w->readout);
}

int gait_mj_read(const mjModel *model, mjData *data, int row, const GaitReadout *readout, char *message)
{
    Work w = {.model = model, .data = data, .row = row, .readout = readout};
    if (gait_mj_guarded(read_one, &w, message)) return failed(&w);
    return state_outcome(model, data);
}

static void step_one(void *context)
{
    Work *w = context;
    const mjModel *m = w->model;
    mjData *d = w->data;
    clear_warnings(d);
    memcpy(d->ctrl, w->controls, sizeof(double) * m->nu);
    double *trace = w->readout->substep_positions;
    if (trace) trace += (size_t)w->row * w->frame_skip * m->nq;
    for (int i = 0; i < w->frame_skip; i++) {
        mj_step(m, d);
        if (trace) memcpy(trace + i * m->nq, d->qpos, sizeof(double) * m->nq);
    }
    require_room(d);
    w->outcome = state_outcome(m, d);
    read_out(m, d, w->row, w->readout);
}

int gait_mj_step(int count, const mjModel *const *models, mjData *const *data, int frame_skip, const double *controls,
                 const GaitReadout *readout, uint8_t *outcome, char *message)
{
    int failures = 0;
    char later[GAIT_MJ_MESSAGE];
    for (int k = 0; k < count; k++) {
        Work w = {.model = models[k], .data = data[k], .frame_skip = frame_skip, .readout = readout, .row = k};
        w.controls = controls + k * models[k]->nu;
        if (gait_mj_guarded(step_one, &w, failures ? later : message)) {
            w.outcome = failed(&w);
            failures++;
        }
        outcome[k] = (uint8_t)w.outcome;
    }
    return failures;
}

void gait_mj_between(const mjModel *m, const double *start, const double *end, double fraction, double *positions, double *step)
{
    memcpy(positions, start, sizeof(double) * m->nq);
    mj_differentiatePos(m, step, 1, start, end);
    mj_integratePos(m, positions, step, fraction);
}

double gait_mj_thread_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

static void bare_loop(void *context)
{
    Work *w = context;
    const mjModel *m = w->model;
    mjData *d = w->data;
    const double start = gait_mj_thread_seconds();
    for (int i = 0; i < w->steps; i++) {
        if (i % w->episode == 0) mj_resetData(m, d);
        for (int k = 0; k < m->nu; k++) d->ctrl[k] = w->controls[i * m->nu + k];
        for (int s = 0; s < w->frame_skip; s++) mj_step(m, d);
    }
    w->seconds = gait_mj_thread_seconds() - start;
}

double gait_mj_bare_loop(const mjModel *model, mjData *data, int frame_skip, int episode, int steps,
                         const double *controls, char *message)
{
    Work w = {.model = model, .data = data, .frame_skip = frame_skip, .episode = episode, .steps = steps, .controls = controls};
    if (!gait_mj_guarded(bare_loop, &w, message)) return w.seconds;
    failed(&w);
    return -1;
}
