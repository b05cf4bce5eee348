#include "CMuJoCo.h"
#include "drawing.h"
#include "opengl.h"
#include "recovery.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct GaitRenderer {
    GaitGL *gl;
    /// The model as it is drawn: floors without end, buffers of the picture's size.
    mjModel *model;
    /// Takes the positions that are drawn; never stepped.
    mjData *puppet;
    mjvScene scene;
    mjvOption option;
    mjvCamera camera;
    mjrContext context;
    /// MuJoCo has objects of its own in the context.
    int is_made;
    mjrRect frame;
    /// Rows from the bottom up, as OpenGL has them.
    uint8_t *upside_down;
};

/// mjr_makeContext looks OpenGL's functions up into globals.
static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;

enum { ROOM_FOR_DECORATION = 200 };

mjModel *gait_mj_copy_for_drawing(const mjModel *source, int width, int height, char *message)
{
    mjModel *m = gait_mj_copy_model(source, message);
    if (!m) return NULL;
    m->vis.global.offwidth = width;
    m->vis.global.offheight = height;
    // More than two shadow texels for each pixel would not be visible.
    int shadow = 1024;
    while (shadow < 2 * width || shadow < 2 * height) shadow *= 2;
    if (m->vis.quality.shadowsize > shadow) m->vis.quality.shadowsize = shadow;
    // A plane collides everywhere; its size only says how far it is drawn. Size zero is drawn to the horizon.
    for (int i = 0; i < m->ngeom; i++)
        if (m->geom_type[i] == mjGEOM_PLANE) m->geom_size[3 * i] = m->geom_size[3 * i + 1] = 0;
    return m;
}

typedef struct {
    GaitRenderer *renderer;
    const double *positions;
    const char *labels, *values;
    uint8_t *pixels;
    int frames;
    double seconds;
} Work;

static int font_scale(int height)
{
    return height < 360 ? mjFONTSCALE_50 : height < 640 ? mjFONTSCALE_100 : height < 960 ? mjFONTSCALE_150 : mjFONTSCALE_200;
}

static void make(void *context)
{
    GaitRenderer *r = ((Work *)context)->renderer;
    mjv_makeScene(r->model, &r->scene, r->model->ngeom + ROOM_FOR_DECORATION);
    mjr_makeContext(r->model, &r->context, font_scale(r->frame.height));
    mjr_setBuffer(mjFB_OFFSCREEN, &r->context);
    if (r->context.currentBuffer != mjFB_OFFSCREEN) mju_error("OpenGL gives no buffer to draw on");
    if (r->context.offWidth < r->frame.width || r->context.offHeight < r->frame.height)
        mju_error("OpenGL gives no buffer as large as the picture");
    r->is_made = 1;
}

GaitRenderer *gait_render_make(const mjModel *model, int width, int height, int camera, char *message)
{
    GaitRenderer *r = calloc(1, sizeof *r);
    uint8_t *rows = malloc((size_t)width * height * 3);
    if (!r || !rows) {
        snprintf(message, GAIT_MJ_MESSAGE, "no memory for a renderer");
        free(r);
        free(rows);
        return NULL;
    }
    r->upside_down = rows;
    r->frame = (mjrRect){0, 0, width, height};
    mjv_defaultScene(&r->scene);
    mjv_defaultOption(&r->option);
    mjr_defaultContext(&r->context);
    r->model = gait_mj_copy_for_drawing(model, width, height, message);
    r->puppet = r->model ? gait_mj_make_data(r->model, message) : NULL;
    r->gl = r->puppet ? gait_gl_open(message) : NULL;
    if (!r->gl || gait_gl_make_current(r->gl, message)) {
        gait_render_free(r);
        return NULL;
    }
    mjv_defaultFreeCamera(r->model, &r->camera);
    if (camera >= 0) {
        r->camera.type = mjCAMERA_FIXED;
        r->camera.fixedcamid = camera;
    }
    Work w = {.renderer = r};
    pthread_mutex_lock(&making);
    const int failed = gait_mj_guarded(make, &w, message);
    pthread_mutex_unlock(&making);
    gait_gl_release(r->gl);
    if (failed) {
        gait_render_free(r);
        return NULL;
    }
    return r;
}

static void release(void *context)
{
    GaitRenderer *r = ((Work *)context)->renderer;
    mjr_freeContext(&r->context);
}

static void release_scene(void *context)
{
    GaitRenderer *r = ((Work *)context)->renderer;
    mjv_freeScene(&r->scene);
}

void gait_render_free(GaitRenderer *r)
{
    char message[GAIT_MJ_MESSAGE];
    Work w = {.renderer = r};
    if (r->gl) {
        if (r->is_made && !gait_gl_make_current(r->gl, message)) {
            gait_mj_guarded(release, &w, message);
            gait_gl_release(r->gl);
        }
        gait_gl_close(r->gl);
    }
    gait_mj_guarded(release_scene, &w, message);
    if (r->puppet) gait_mj_free_data(r->puppet);
    if (r->model) gait_mj_free_model(r->model);
    free(r->upside_down);
    free(r);
}

const char *gait_render_backend(const GaitRenderer *r) { return gait_gl_description(r->gl); }

int gait_render_probe(char *description, char *message)
{
    GaitGL *gl = gait_gl_open(message);
    if (!gl) return 1;
    snprintf(description, GAIT_MJ_MESSAGE, "%s", gait_gl_description(gl));
    gait_gl_close(gl);
    return 0;
}

void gait_mj_pose(const mjModel *m, mjData *d, const double *positions)
{
    memcpy(d->qpos, positions, sizeof(double) * m->nq);
    mj_kinematics(m, d);
    mj_comPos(m, d);
    mj_camlight(m, d);
}

void gait_mj_look(const mjModel *m, mjData *d, const mjvOption *option, mjvCamera *camera, mjvScene *scene)
{
    mjv_updateCamera(m, d, camera, scene);
    mjv_updateScene(m, d, option, NULL, camera, mjCAT_ALL, scene);
}

static void draw(void *context)
{
    Work *w = context;
    GaitRenderer *r = w->renderer;
    gait_mj_pose(r->model, r->puppet, w->positions);
    gait_mj_look(r->model, r->puppet, &r->option, &r->camera, &r->scene);
    mjr_render(r->frame, &r->scene, &r->context);
    if (w->labels) mjr_overlay(mjFONT_NORMAL, mjGRID_TOPLEFT, r->frame, w->labels, w->values, &r->context);
    mjr_readPixels(r->upside_down, NULL, r->frame, &r->context);
}

int gait_render_frame(GaitRenderer *r, const double *positions, const char *labels, const char *values, uint8_t *pixels,
                      int stride, char *message)
{
    Work w = {.renderer = r, .positions = positions, .labels = labels, .values = values, .pixels = pixels};
    if (gait_gl_make_current(r->gl, message)) return 1;
    const int failed = gait_mj_guarded(draw, &w, message);
    gait_gl_release(r->gl);
    if (failed) return 1;
    const size_t row = (size_t)r->frame.width * 3;
    for (int y = 0; y < r->frame.height; y++)
        memcpy(pixels + (size_t)y * stride, r->upside_down + (r->frame.height - 1 - y) * row, row);
    return 0;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

static void bare_loop(void *context)
{
    Work *w = context;
    GaitRenderer *r = w->renderer;
    gait_mj_pose(r->model, r->puppet, w->positions);
    const double start = now();
    for (int i = 0; i < w->frames; i++) {
        mjv_updateScene(r->model, r->puppet, &r->option, NULL, &r->camera, mjCAT_ALL, &r->scene);
        mjr_render(r->frame, &r->scene, &r->context);
        mjr_readPixels(r->upside_down, NULL, r->frame, &r->context);
    }
    w->seconds = now() - start;
}

double gait_render_bare_loop(GaitRenderer *r, const double *positions, int frames, char *message)
{
    Work w = {.renderer = r, .positions = positions, .frames = frames};
    if (gait_gl_make_current(r->gl, message)) return -1;
    const int failed = gait_mj_guarded(bare_loop, &w, message);
    gait_gl_release(r->gl);
    return failed ? -1 : w.seconds;
}
