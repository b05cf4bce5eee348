#include "opengl.h"
#include "CMuJoCo.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What is used of EGL 1.5 and OSMesa, declared here so that building needs no header of theirs.
typedef void *Handle;
enum {
    EGL_SURFACE_TYPE = 0x3033, EGL_PBUFFER_BIT = 1, EGL_RENDERABLE_TYPE = 0x3040, EGL_OPENGL_BIT = 8, EGL_NONE = 0x3038,
    EGL_WIDTH = 0x3057, EGL_HEIGHT = 0x3056, EGL_OPENGL_API = 0x30A2, EGL_PLATFORM_DEVICE = 0x313F,
    EGL_PLATFORM_SURFACELESS = 0x31DD,
};
enum { OSMESA_RGBA = 0x1908, GL_UNSIGNED_BYTE = 0x1401, GL_RENDERER = 0x1F01, MOST_DEVICES = 16, PLACEHOLDER = 16 };

static struct {
    Handle library;
    /// A display on which a context of desktop OpenGL could be made; kept until the process ends.
    Handle display, config;
    void *(*address)(const char *);
    Handle (*get_display)(Handle);
    Handle (*get_platform_display)(int, Handle, const int32_t *);
    unsigned (*query_devices)(int32_t, Handle *, int32_t *);
    unsigned (*initialize)(Handle, int32_t *, int32_t *);
    unsigned (*terminate)(Handle);
    unsigned (*bind_api)(unsigned);
    unsigned (*choose_config)(Handle, const int32_t *, Handle *, int32_t, int32_t *);
    Handle (*create_context)(Handle, Handle, Handle, const int32_t *);
    Handle (*create_pbuffer)(Handle, Handle, const int32_t *);
    unsigned (*make_current)(Handle, Handle, Handle, Handle);
    unsigned (*destroy_context)(Handle, Handle);
    unsigned (*destroy_surface)(Handle, Handle);
} egl;

static struct {
    Handle library;
    void *(*address)(const char *);
    Handle (*create_context)(unsigned, int, int, int, Handle);
    unsigned char (*make_current)(Handle, void *, unsigned, int, int);
    void (*destroy_context)(Handle);
} osmesa;

struct GaitGL {
    Handle context;
    /// A pbuffer, where EGL makes no context current without a surface.
    Handle surface;
    /// OSMesa's own picture, which nothing is drawn on; NULL for a context of EGL.
    uint8_t *placeholder;
    char description[160];
};

/// Guards the two tables above.
static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;

static int find(Handle library, void *slot, const char *name)
{
    void *found = dlsym(library, name);
    memcpy(slot, &found, sizeof found);
    return found != NULL;
}

static Handle first_library(const char *const *names)
{
    Handle library = NULL;
    for (; !library && *names; names++) library = dlopen(*names, RTLD_NOW | RTLD_LOCAL);
    return library;
}

static int bind(GaitGL *gl)
{
    if (gl->placeholder)
        return osmesa.make_current(gl->context, gl->placeholder, GL_UNSIGNED_BYTE, PLACEHOLDER, PLACEHOLDER);
    egl.bind_api(EGL_OPENGL_API);
    return egl.make_current(egl.display, gl->surface, gl->surface, gl->context) != 0;
}

void gait_gl_release(GaitGL *gl)
{
    if (gl->placeholder) osmesa.make_current(NULL, NULL, 0, 0, 0);
    else egl.make_current(egl.display, NULL, NULL, NULL);
}

static void describe(GaitGL *gl, const char *kind, void *(*address)(const char *))
{
    const uint8_t *(*get_string)(unsigned);
    void *found = address("glGetString");
    memcpy(&get_string, &found, sizeof found);
    const uint8_t *renderer = get_string ? get_string(GL_RENDERER) : NULL;
    snprintf(gl->description, sizeof gl->description, "%s, %s", kind, renderer ? (const char *)renderer : "unknown renderer");
}

// MARK: EGL

/// A context on `egl.display`; 0 when it can't be made or made current.
static int egl_context(GaitGL *gl)
{
    egl.bind_api(EGL_OPENGL_API);
    gl->context = egl.create_context(egl.display, egl.config, NULL, NULL);
    if (!gl->context) return 0;
    if (!bind(gl)) {
        const int32_t size[] = {EGL_WIDTH, PLACEHOLDER, EGL_HEIGHT, PLACEHOLDER, EGL_NONE};
        gl->surface = egl.create_pbuffer(egl.display, egl.config, size);
        if (!gl->surface || !bind(gl)) {
            egl.destroy_context(egl.display, gl->context);
            if (gl->surface) egl.destroy_surface(egl.display, gl->surface);
            gl->surface = gl->context = NULL;
            return 0;
        }
    }
    describe(gl, "EGL", egl.address);
    gait_gl_release(gl);
    return 1;
}

static int try_display(Handle display, GaitGL *gl)
{
    if (!display || !egl.initialize(display, NULL, NULL)) return 0;
    const int32_t wanted[] = {EGL_SURFACE_TYPE, EGL_PBUFFER_BIT, EGL_RENDERABLE_TYPE, EGL_OPENGL_BIT, EGL_NONE};
    int32_t count = 0;
    egl.display = display;
    if (egl.choose_config(display, wanted, &egl.config, 1, &count) && count > 0 && egl_context(gl)) return 1;
    egl.terminate(display);
    egl.display = NULL;
    return 0;
}

static int load_egl(void)
{
    if (egl.library) return 1;
    const char *const names[] = {"libEGL.so.1", "libEGL.so", NULL};
    Handle l = first_library(names);
    if (!l) return 0;
    if (!(find(l, &egl.address, "eglGetProcAddress") && find(l, &egl.get_display, "eglGetDisplay")
          && find(l, &egl.initialize, "eglInitialize") && find(l, &egl.terminate, "eglTerminate")
          && find(l, &egl.bind_api, "eglBindAPI") && find(l, &egl.choose_config, "eglChooseConfig")
          && find(l, &egl.create_context, "eglCreateContext") && find(l, &egl.create_pbuffer, "eglCreatePbufferSurface")
          && find(l, &egl.make_current, "eglMakeCurrent") && find(l, &egl.destroy_context, "eglDestroyContext")
          && find(l, &egl.destroy_surface, "eglDestroySurface"))) {
        dlclose(l);
        return 0;
    }
    void *found = egl.address("eglGetPlatformDisplayEXT");
    memcpy(&egl.get_platform_display, &found, sizeof found);
    found = egl.address("eglQueryDevicesEXT");
    memcpy(&egl.query_devices, &found, sizeof found);
    egl.library = l;
    return 1;
}

static int open_egl(GaitGL *gl)
{
    if (!load_egl()) return 0;
    if (egl.display) return egl_context(gl);
    Handle devices[MOST_DEVICES];
    int32_t count = 0;
    if (egl.get_platform_display) {
        if (egl.query_devices && !egl.query_devices(MOST_DEVICES, devices, &count)) count = 0;
        for (int i = 0; i < count; i++)
            if (try_display(egl.get_platform_display(EGL_PLATFORM_DEVICE, devices[i], NULL), gl)) return 1;
        if (try_display(egl.get_platform_display(EGL_PLATFORM_SURFACELESS, NULL, NULL), gl)) return 1;
    }
    if (try_display(egl.get_display(NULL), gl)) return 1;
    // MuJoCo takes its OpenGL functions from whichever library is loaded: one that is of no use has to go.
    dlclose(egl.library);
    memset(&egl, 0, sizeof egl);
    return 0;
}

// MARK: OSMesa

static int open_osmesa(GaitGL *gl)
{
    if (!osmesa.library) {
        const char *const names[] = {"libOSMesa.so.8", "libOSMesa.so.6", "libOSMesa.so", NULL};
        Handle l = first_library(names);
        if (!l) return 0;
        if (!(find(l, &osmesa.address, "OSMesaGetProcAddress") && find(l, &osmesa.create_context, "OSMesaCreateContextExt")
              && find(l, &osmesa.make_current, "OSMesaMakeCurrent") && find(l, &osmesa.destroy_context, "OSMesaDestroyContext"))) {
            dlclose(l);
            return 0;
        }
        osmesa.library = l;
    }
    gl->placeholder = calloc(PLACEHOLDER * PLACEHOLDER, 4);
    gl->context = gl->placeholder ? osmesa.create_context(OSMESA_RGBA, 24, 8, 0, NULL) : NULL;
    if (gl->context && bind(gl)) {
        describe(gl, "OSMesa", osmesa.address);
        gait_gl_release(gl);
        return 1;
    }
    if (gl->context) osmesa.destroy_context(gl->context);
    free(gl->placeholder);
    gl->placeholder = NULL;
    gl->context = NULL;
    return 0;
}

// MARK: Either

GaitGL *gait_gl_open(char *message)
{
    const char *wish = getenv("MUJOCO_GL");
    const int any = !wish || (strcmp(wish, "egl") && strcmp(wish, "osmesa") && strcmp(wish, "off"));
    GaitGL *gl = calloc(1, sizeof *gl);
    if (!gl) {
        snprintf(message, GAIT_MJ_MESSAGE, "no memory for an OpenGL context");
        return NULL;
    }
    pthread_mutex_lock(&opening);
    const int opened = ((any || !strcmp(wish, "egl")) && open_egl(gl)) || ((any || !strcmp(wish, "osmesa")) && open_osmesa(gl));
    pthread_mutex_unlock(&opening);
    if (opened) return gl;
    free(gl);
    if (any) {
        snprintf(message, GAIT_MJ_MESSAGE, "no OpenGL without a window on this machine: neither EGL nor OSMesa gives a context. "
                 "Debian's packages libegl1, libegl-mesa0 and libgl1-mesa-dri bring it, or libosmesa6");
    } else if (!strcmp(wish, "off")) {
        snprintf(message, GAIT_MJ_MESSAGE, "OpenGL was turned off by MUJOCO_GL=off");
    } else {
        snprintf(message, GAIT_MJ_MESSAGE, "MUJOCO_GL=%s, but it gives no OpenGL context here; Debian has it in %s", wish,
                 !strcmp(wish, "egl") ? "libegl1, libegl-mesa0 and libgl1-mesa-dri" : "libosmesa6");
    }
    return NULL;
}

void gait_gl_close(GaitGL *gl)
{
    if (gl->placeholder) {
        osmesa.destroy_context(gl->context);
        free(gl->placeholder);
    } else {
        egl.destroy_context(egl.display, gl->context);
        if (gl->surface) egl.destroy_surface(egl.display, gl->surface);
    }
    free(gl);
}

int gait_gl_make_current(GaitGL *gl, char *message)
{
    if (bind(gl)) return 0;
    snprintf(message, GAIT_MJ_MESSAGE, "the OpenGL context (%s) can't be made current on this thread", gl->description);
    return 1;
}

const char *gait_gl_description(const GaitGL *gl) { return gl->description; }
