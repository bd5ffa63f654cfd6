@_exported public import SeqCheckpoints
@_exported public import SeqDecoding
@_exported public import SeqFigures
@_exported public import SeqInspection
@_exported public import SeqInterchange
@_exported public import enum SeqKernels.Precision
@_exported public import SeqLayers
@_exported public import SeqMetrics
@_exported public import SeqModels
@_exported public import SeqOptimizers
@_exported public import SeqTensors
@_exported public import SeqText
@_exported public import SeqTraining
