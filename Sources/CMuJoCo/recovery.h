// The recovery point that turns MuJoCo's non-returning errors into return values.
#pragma once

/// Runs `body(context)` with a recovery point set. 0 when it returned; 1 when MuJoCo reported an error meanwhile, whose
/// message is then in `message` (GAIT_MJ_MESSAGE bytes). Everything on the stack between the error and here is C or
/// MuJoCo's own; the data that was worked on is in an unknown state and must be reset or freed.
int gait_mj_guarded(void (*body)(void *), void *context, char *message);
