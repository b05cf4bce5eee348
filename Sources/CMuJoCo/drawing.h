// What off-screen pictures and windows share.
#pragma once

#include "CMuJoCo.h"

/// A copy of the model as it is drawn: endless floors, off-screen buffers of width x height, shadows no finer than
/// needed. NULL with a message.
mjModel *gait_mj_copy_for_drawing(const mjModel *source, int width, int height, char *message);
/// Puts `data` at positions [nq], as far as drawing needs it.
void gait_mj_pose(const mjModel *model, mjData *data, const double *positions);
/// mjv_updateScene with the camera already where it is for these positions: MuJoCo centres floors without end on where it was
/// before.
void gait_mj_look(const mjModel *model, mjData *data, const mjvOption *option, mjvCamera *camera, mjvScene *scene);
