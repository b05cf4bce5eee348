// Off-screen OpenGL contexts from the libraries that this machine has. They are loaded when first needed, not linked.
#pragma once

/// One context. It belongs to one thread at a time: the one that made it current last and has not released it.
typedef struct GaitGL GaitGL;

/// A context through EGL (each device in turn, then Mesa without a device, then the default display), else through
/// OSMesa. The variable MUJOCO_GL asks for one of them (`egl`, `osmesa`) or for none (`off`). NULL with a message in
/// `message` (GAIT_MJ_MESSAGE bytes) that says what was tried and which packages bring it.
GaitGL *gait_gl_open(char *message);
void gait_gl_close(GaitGL *gl);

/// Makes it the calling thread's context. 0, or 1 with a message.
int gait_gl_make_current(GaitGL *gl, char *message);
/// The calling thread has no context any more; another thread may take it.
void gait_gl_release(GaitGL *gl);

/// `EGL, llvmpipe (LLVM 15.0.6, 256 bits)`
const char *gait_gl_description(const GaitGL *gl);
