#include "CSeqKernels.h"
