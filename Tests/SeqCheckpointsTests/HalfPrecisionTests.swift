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
          #expect(found.halfBits == bits, "\(bits)")
        }
      }
    }

    @Test("floats between two binary16 values become the one that the processor chooses")
    func rounding() {
      for bits in UInt16.min..<0x7C00 {
        let (low, high) = (Float(half: bits), Float(half: bits + 1))
        let middle = high.isFinite ? (low + high) / 2 : 65520
        for value in [middle, middle.nextDown, middle.nextUp] {
          for value in [value, -value] {
            #expect(value.halfBits == Float16(value).bitPattern, "\(value)")
          }
        }
      }
      #expect(Float.nan.halfBits & 0x7C00 == 0x7C00 && Float.nan.halfBits & 0x3FF != 0)
    }
  }
#endif
