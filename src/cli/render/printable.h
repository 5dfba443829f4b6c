// It moved to where the console can include it, too.
#pragma once

#include "base/printable.h"
