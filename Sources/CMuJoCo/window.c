#include "CMuJoCo.h"
#include "drawing.h"
#include "recovery.h"

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS = 32, ROOM_FOR_DECORATION = 200 };

struct GaitWindow {
    GLFWwindow *window;
    mjModel *model;
    mjData *puppet;
    mjvScene scene;
    mjvOption option;
    mjvCamera camera;
    mjrContext context;
    /// MuJoCo has objects of its own in the context.
    int is_made;
    /// The camera of the model that the window begins with, negative for none.
    int film_camera;
    /// Keys that were pressed and not read yet.
    int keys[KEYS], key_count;
    double cursor_x, cursor_y;
};

// What is used of GLFW, opened when the first window is: machines without windows need not have it.
#define FUNCTIONS(X) \
    X(glfwInit) X(glfwTerminate) X(glfwGetError) X(glfwWindowHint) X(glfwCreateWindow) X(glfwDestroyWindow) \
    X(glfwMakeContextCurrent) X(glfwSwapInterval) X(glfwSwapBuffers) X(glfwPollEvents) X(glfwWindowShouldClose) \
    X(glfwGetFramebufferSize) X(glfwGetWindowSize) X(glfwSetWindowUserPointer) \
    X(glfwGetWindowUserPointer) X(glfwSetKeyCallback) X(glfwSetCursorPosCallback) X(glfwSetScrollCallback) \
    X(glfwGetMouseButton) X(glfwGetKey)
#define DECLARE(name) static __typeof__(&name) p_##name;
FUNCTIONS(DECLARE)
#undef DECLARE

static int load_glfw(void)
{
    static void *library;
    if (library) return 1;
    library = dlopen("libglfw.so.3", RTLD_NOW | RTLD_LOCAL);
    if (!library) return 0;
    int complete = 1;
    void *found;
#define FIND(name) found = dlsym(library, #name); memcpy(&p_##name, &found, sizeof found); complete &= found != NULL;
    FUNCTIONS(FIND)
#undef FIND
    return complete;
}

static GaitWindow *of(GLFWwindow *window) { return p_glfwGetWindowUserPointer(window); }

// MARK: Keys and mouse

static void on_key(GLFWwindow *window, int key, int code, int action, int modifiers)
{
    (void)code, (void)modifiers;
    GaitWindow *w = of(window);
    if (action != GLFW_RELEASE && w->key_count < KEYS) w->keys[w->key_count++] = key;
}

static void move_camera(GaitWindow *w, int action, double dx, double dy)
{
#if mjVERSION_HEADER >= 3011000
    mjv_moveCamera(w->model, action, dx, dy, &w->camera);
#else
    mjv_moveCamera(w->model, action, dx, dy, &w->scene, &w->camera);
#endif
}

/// From the model's own camera to one that follows the robot and obeys the mouse.
static void take_camera(GaitWindow *w)
{
    if (w->camera.type == mjCAMERA_TRACKING) return;
    mjv_defaultFreeCamera(w->model, &w->camera);
    w->camera.type = mjCAMERA_TRACKING;
    w->camera.trackbodyid = w->model->nbody > 1 ? 1 : 0;
    w->camera.fixedcamid = -1;
    w->camera.azimuth = 90;
    w->camera.elevation = -14;
    w->camera.distance = 1.25 * w->model->stat.extent;
}

static void on_cursor(GLFWwindow *window, double x, double y)
{
    GaitWindow *w = of(window);
    const double dx = x - w->cursor_x, dy = y - w->cursor_y;
    w->cursor_x = x;
    w->cursor_y = y;
    const int left = p_glfwGetMouseButton(window, GLFW_MOUSE_BUTTON_LEFT) == GLFW_PRESS;
    const int right = p_glfwGetMouseButton(window, GLFW_MOUSE_BUTTON_RIGHT) == GLFW_PRESS;
    int width, height;
    p_glfwGetWindowSize(window, &width, &height);
    if ((!left && !right) || height <= 0) return;
    take_camera(w);
    const int shift = p_glfwGetKey(window, GLFW_KEY_LEFT_SHIFT) == GLFW_PRESS;
    // A tracking camera looks where the body is: its right button comes closer, as the wheel does.
    const int action = right ? mjMOUSE_ZOOM : shift ? mjMOUSE_ROTATE_H : mjMOUSE_ROTATE_V;
    move_camera(w, action, dx / height, dy / height);
}

static void on_scroll(GLFWwindow *window, double dx, double dy)
{
    (void)dx;
    GaitWindow *w = of(window);
    take_camera(w);
    move_camera(w, mjMOUSE_ZOOM, 0, -0.05 * dy);
}

// MARK: Opening and closing

static void film_camera(GaitWindow *w)
{
    mjv_defaultFreeCamera(w->model, &w->camera);
    if (w->film_camera >= 0) {
        w->camera.type = mjCAMERA_FIXED;
        w->camera.fixedcamid = w->film_camera;
    } else {
        take_camera(w);
    }
}

static void make(void *context)
{
    GaitWindow *w = context;
    int width, height;
    p_glfwGetFramebufferSize(w->window, &width, &height);
    mjv_makeScene(w->model, &w->scene, w->model->ngeom + ROOM_FOR_DECORATION);
    mjr_makeContext(w->model, &w->context, height < 900 ? mjFONTSCALE_100 : mjFONTSCALE_150);
    mjr_setBuffer(mjFB_WINDOW, &w->context);
    if (w->context.currentBuffer != mjFB_WINDOW) mju_error("OpenGL gives the window no buffer");
    w->is_made = 1;
}

static int complain(char *message, const char *what)
{
    const char *reason = NULL;
    p_glfwGetError(&reason);
    snprintf(message, GAIT_MJ_MESSAGE, "%s: %s. `gait render` films without a window", what, reason ? reason : "GLFW gives no reason");
    return 1;
}

static int open_window(GaitWindow *w, int width, int height, const char *title, char *message)
{
    if (!load_glfw()) {
        snprintf(message, GAIT_MJ_MESSAGE, "a window needs the library libglfw.so.3, Debian's package libglfw3. "
                 "`gait render` films without one");
        return 1;
    }
    if (!p_glfwInit()) return complain(message, "no window can be opened");
    p_glfwWindowHint(GLFW_SAMPLES, w->model->vis.quality.offsamples);
    w->window = p_glfwCreateWindow(width, height, title, NULL, NULL);
    if (!w->window) return complain(message, "no window can be opened");
    p_glfwSetWindowUserPointer(w->window, w);
    p_glfwMakeContextCurrent(w->window);
    p_glfwSwapInterval(1);
    p_glfwSetKeyCallback(w->window, on_key);
    p_glfwSetCursorPosCallback(w->window, on_cursor);
    p_glfwSetScrollCallback(w->window, on_scroll);
    return gait_mj_guarded(make, w, message);
}

GaitWindow *gait_window_open(const mjModel *model, int width, int height, const char *title, int camera, char *message)
{
    GaitWindow *w = calloc(1, sizeof *w);
    if (!w) {
        snprintf(message, GAIT_MJ_MESSAGE, "no memory for a window");
        return NULL;
    }
    mjv_defaultScene(&w->scene);
    mjv_defaultOption(&w->option);
    mjr_defaultContext(&w->context);
    w->film_camera = camera;
    // The window needs no off-screen buffer, but MuJoCo makes one anyway.
    w->model = gait_mj_copy_for_drawing(model, width, height, message);
    w->puppet = w->model ? gait_mj_make_data(w->model, message) : NULL;
    if (!w->puppet || open_window(w, width, height, title, message)) {
        gait_window_close(w);
        return NULL;
    }
    film_camera(w);
    return w;
}

static void release(void *context)
{
    GaitWindow *w = context;
    mjr_freeContext(&w->context);
}

static void release_scene(void *context)
{
    GaitWindow *w = context;
    mjv_freeScene(&w->scene);
}

void gait_window_close(GaitWindow *w)
{
    char message[GAIT_MJ_MESSAGE];
    if (w->window) {
        if (w->is_made) gait_mj_guarded(release, w, message);
        p_glfwDestroyWindow(w->window);
        p_glfwTerminate();
    }
    gait_mj_guarded(release_scene, w, message);
    if (w->puppet) gait_mj_free_data(w->puppet);
    if (w->model) gait_mj_free_model(w->model);
    free(w);
}

// MARK: Showing

typedef struct {
    GaitWindow *window;
    const GaitView *views;
    int count;
    const char *keys, *meanings;
} Work;

static void draw(void *context)
{
    Work *work = context;
    GaitWindow *w = work->window;
    int width, height;
    p_glfwGetFramebufferSize(w->window, &width, &height);
    for (int i = 0; i < work->count; i++) {
        const GaitView *view = work->views + i;
        const int left = width * i / work->count, right = width * (i + 1) / work->count;
        const mjrRect place = {left, 0, right - left, height};
        memcpy(w->model->site_pos, view->model->site_pos, sizeof(mjtNum) * 3 * w->model->nsite);
        memcpy(w->model->site_quat, view->model->site_quat, sizeof(mjtNum) * 4 * w->model->nsite);
        gait_mj_pose(w->model, w->puppet, view->positions);
        gait_mj_look(w->model, w->puppet, &w->option, &w->camera, &w->scene);
        mjr_render(place, &w->scene, &w->context);
        mjr_overlay(mjFONT_NORMAL, mjGRID_TOPLEFT, place, view->left, view->right, &w->context);
    }
    const mjrRect whole = {0, 0, width, height};
    mjr_overlay(mjFONT_NORMAL, mjGRID_BOTTOMLEFT, whole, work->keys, work->meanings, &w->context);
}

int gait_window_show(GaitWindow *w, const GaitView *views, int count, const char *keys, const char *meanings, char *message)
{
    Work work = {.window = w, .views = views, .count = count, .keys = keys, .meanings = meanings};
    if (gait_mj_guarded(draw, &work, message)) return 1;
    p_glfwSwapBuffers(w->window);
    p_glfwPollEvents();
    return 0;
}

int gait_window_next_key(GaitWindow *w)
{
    if (w->key_count == 0) return 0;
    const int key = w->keys[0];
    memmove(w->keys, w->keys + 1, sizeof(int) * --w->key_count);
    return key;
}

int gait_window_is_closed(const GaitWindow *w) { return p_glfwWindowShouldClose(w->window); }
void gait_window_film_camera(GaitWindow *w) { film_camera(w); }
