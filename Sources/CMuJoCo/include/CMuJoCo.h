// A thin shim over libmujoco in which nothing ends the process: MuJoCo reports its errors by a callback that must not
// return and by default calls exit(). Every function here that can fail sets a recovery point first, so that the error
// comes back as a return value with its message in the caller's buffer. Warnings never reach MUJOCO_LOG.TXT; those that
// matter here (bad states) are read from mjData's own counters.
//
// MuJoCo 2.2.2 and newer ones; what differs between them stands where it is used. Which one it is, is chosen where Gait is built (ENGINES.md).
//
// Threads: a model may be shared, since nothing here writes to it after it was loaded; a data belongs to one thread at a
// time. Recovery points and messages are per thread.
#pragma once

#include <mujoco/mujoco.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Size of a message buffer, including the closing zero.
enum { GAIT_MJ_MESSAGE = 1024 };

/// The outcome of a step for one simulation.
enum {
    GAIT_MJ_STABLE = 0,
    /// MuJoCo found a bad position, velocity, acceleration or control (and then reset the data by itself), or the state is
    /// not finite.
    GAIT_MJ_UNSTABLE = 1,
    /// MuJoCo reported an error; the data was reset, its state is the model's default one.
    GAIT_MJ_FAILED = 2,
};

/// Loads an MJCF file. NULL with a message in `message` (GAIT_MJ_MESSAGE bytes) when it can't be loaded.
mjModel *gait_mj_load(const char *path, char *message);
/// A deep copy, NULL with a message when there is no memory for it.
mjModel *gait_mj_copy_model(const mjModel *model, char *message);
void gait_mj_free_model(mjModel *model);

/// A simulation of `model` in its default state, NULL with a message when there is no memory for it.
mjData *gait_mj_make_data(const mjModel *model, char *message);
void gait_mj_free_data(mjData *data);

/// An array of a model, by MuJoCo's name for it ("body_mass", "jnt_type", "timestep", "nbody").
typedef struct {
    /// One of these is set.
    const mjtNum *numbers;
    const float *floats;
    const int *integers;
    const mjtByte *bytes;
    const int64_t *sizes;
    int count;
} GaitModelField;
/// False when models have no numeric array of this name.
int gait_mj_field(const mjModel *model, const char *name, GaitModelField *field);

/// Resets the data, sets positions [nq] and velocities [nv], and runs mj_forward, so that everything that depends on the
/// state (body positions among others) belongs to it. Returns one of the GAIT_MJ codes.
int gait_mj_set_state(const mjModel *model, mjData *data, const double *positions, const double *velocities, char *message);

/// Numbers that the next step depends on: time, positions, velocities, activations, warm start, controls, applied forces,
/// mocap poses and user data.
int gait_mj_state_size(const mjModel *model);
void gait_mj_save_state(const mjModel *model, const mjData *data, double *state);
/// Resets the data and sets what gait_mj_save_state stored. Returns one of the GAIT_MJ codes.
int gait_mj_restore_state(const mjModel *model, mjData *data, const double *state, char *message);

/// Numbers of mjData that can be read out.
enum {
    GAIT_MJ_BODY_POSITION = 0,  // xpos
    GAIT_MJ_SITE_POSITION = 1,  // site_xpos
    GAIT_MJ_SENSOR = 2,         // sensordata
    GAIT_MJ_BODY_CENTER = 3,    // xipos
    GAIT_MJ_BODY_INERTIA = 4,   // cinert
    GAIT_MJ_BODY_VELOCITY = 5,  // cvel
    GAIT_MJ_ACTUATOR_FORCE = 6, // qfrc_actuator
    /// Where it is read, mj_rnePostConstraint runs once after the last substep.
    GAIT_MJ_CONTACT_FORCE = 7,  // cfrc_ext
};

/// Some neighbouring numbers of one of these arrays.
typedef struct {
    int array;
    int start;
    int count;
} GaitPart;

/// What is read out of every simulation of a batch; a NULL array is not wanted. All row-major, one row a simulation.
typedef struct {
    double *positions;        // [count, nq]
    double *velocities;       // [count, nv]
    const GaitPart *parts;    // read one after another
    int part_count;
    double *readings;         // [count, width], the parts as the last substep left them
    int width;                // numbers of all parts together
    /// Contact forces on every body (cfrc_ext, 6 numbers a body, the world included), each clipped to +-contact_clip,
    /// squared and summed. Where wanted, mj_rnePostConstraint runs once after the last substep.
    double *contact_squares;  // [count]
    double contact_clip;
    /// Where each substep ended, the last one included; only gait_mj_step writes it.
    double *substep_positions; // [count, frame_skip, nq]
} GaitReadout;

/// Reads row `row` of `readout` out of one simulation as it is now. Returns one of the GAIT_MJ codes.
int gait_mj_read(const mjModel *model, mjData *data, int row, const GaitReadout *readout, char *message);

/// Steps `count` simulations `frame_skip` times each under controls [count, nu], one after another, and reads them out.
/// `outcome` [count] takes a GAIT_MJ code a simulation; if one fails, the others are stepped nevertheless.
/// Returns the number of failed simulations; `message` then holds the first one's error.
int gait_mj_step(int count, const mjModel *const *models, mjData *const *data, int frame_skip, const double *controls,
                 const GaitReadout *readout, uint8_t *outcome, char *message);

/// The loop that stepping is compared with in benchmarks: `steps` times, set the next row of controls [steps, nu] and call
/// mj_step `frame_skip` times; mj_resetData each `episode` steps. Returns seconds of this thread's processor time, negative
/// after an error.
double gait_mj_bare_loop(const mjModel *model, mjData *data, int frame_skip, int episode, int steps,
                         const double *controls, char *message);

/// Processor time that the calling thread has used, in seconds.
double gait_mj_thread_seconds(void);

/// Draws positions of one model off screen. It is used by one thread at a time; which one may change from call to call.
typedef struct GaitRenderer GaitRenderer;

/// A renderer of pictures of this size, seen by a camera of the model, or by MuJoCo's free camera where `camera` is
/// negative. OpenGL comes from EGL or OSMesa, opened now. NULL with a message.
GaitRenderer *gait_render_make(const mjModel *model, int width, int height, int camera, char *message);
void gait_render_free(GaitRenderer *renderer);
/// Which OpenGL it draws by: `EGL, llvmpipe (LLVM 15.0.6, 256 bits)`. Valid while the renderer lives.
const char *gait_render_backend(const GaitRenderer *renderer);

/// What the next renderer would draw by, into `description` (GAIT_MJ_MESSAGE bytes). 0, or 1 with a message.
int gait_render_probe(char *description, char *message);

/// The picture of positions [nq] into `pixels` [height, stride] bytes: RGB, the top row first. Two columns of text, lines
/// divided by newlines, lie in the upper left corner; none where `labels` is NULL. 0, or 1 with a message.
int gait_render_frame(GaitRenderer *renderer, const double *positions, const char *labels, const char *values,
                      uint8_t *pixels, int stride, char *message);

/// The loop that drawing is compared with in benchmarks: scene, picture and reading it, `frames` times at one position. Returns
/// wall-clock seconds, negative after an error.
double gait_render_bare_loop(GaitRenderer *renderer, const double *positions, int frames, char *message);

/// `start` moved `fraction` of the way to `end` ([nq] each) along the model's own degrees of freedom: quaternions turn.
/// `step` [nv] is scratch.
void gait_mj_between(const mjModel *model, const double *start, const double *end, double fraction, double *positions,
                     double *step);

/// A window that shows positions of one model, by GLFW, which is opened when the first window is. Only the process's first
/// thread may use it; one window at a time.
typedef struct GaitWindow GaitWindow;

/// One of the pictures beside each other: positions [nq] and two columns of text.
typedef struct {
    const double *positions;
    /// The window's model, or one that differs from it only in numbers: its sites, such as the mark of a goal, are shown.
    const mjModel *model;
    const char *left, *right;
} GaitView;

/// Seen by a camera of the model at first, or by one that follows the robot where `camera` is negative; dragging and the
/// wheel move it. NULL with a message.
GaitWindow *gait_window_open(const mjModel *model, int width, int height, const char *title, int camera, char *message);
void gait_window_close(GaitWindow *window);
/// Draws `count` views and, in the lower left corner, a table of keys; waits for the screen; takes what keys and mouse did.
/// 0, or 1 with a message.
int gait_window_show(GaitWindow *window, const GaitView *views, int count, const char *keys, const char *meanings, char *message);
/// The next key that was pressed, by GLFW's number (letters and digits in ASCII); 0 when there is none left.
int gait_window_next_key(GaitWindow *window);
/// The user closed the window.
int gait_window_is_closed(const GaitWindow *window);
/// Back to the model's camera.
void gait_window_film_camera(GaitWindow *window);

#ifdef __cplusplus
}
#endif
