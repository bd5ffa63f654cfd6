import Testing

import SeqCheckpoints

#if !(os(macOS) && arch(x86_64))
  struct HalfPrecisionTests {
    @Test("all 65,536 binary16 values become the floats that the processor makes of them")
    func everyValue() {
      for bits in UInt16.min...UInt16.max {
        let expected = Float(Float16(bitPattern: bits))
        let found = Float(half: bits)
        // The processor makes signalling NaNs quiet; any NaN will do.
        if expected.isNaN {
          #expect(found.isNaN)
        } else {
          #expect(found.bitPattern == expected.bitPattern, "\(bits)")
        }
      }
    }
  }
#endif
