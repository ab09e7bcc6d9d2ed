#pragma once

#include "base/bytes.hpp"

// What RTMP's audio and video messages hold: the bodies of FLV tags ("Adobe Flash Video File Format
// Specification" 10.1, Annex E.4), here of AAC at 48 kHz stereo and H.264.
namespace shelcaster::output {

/// Of an AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1).
base::Bytes flv_aac_config(base::ByteSpan config);
/// Of one raw AAC frame.
base::Bytes flv_aac_frame(base::ByteSpan frame);

/// AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.2.4.1) of SPS and PPS in Annex B form.
base::Bytes flv_avc_config(base::ByteSpan annex_b);
/// One picture in Annex B form; parameter sets are left out, since the record has them.
base::Bytes flv_avc_frame(base::ByteSpan annex_b, bool is_idr);
base::Bytes flv_avc_end();

}  // namespace shelcaster::output
