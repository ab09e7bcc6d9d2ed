#pragma once

#include <string>
#include <string_view>

#include "base/time.hpp"

namespace shelcaster::control::detail {

/// The Content-Disposition of a download that a browser keeps as "TITLE 2026-11-30 08-54 UTC.EXT"
/// (RFC 6266): the title in UTF-8, and for who doesn't read that in ASCII. What a file system or
/// the header gives a meaning to becomes "_", and a long title is cut. `extension`: ".flac".
std::string download_disposition(std::string_view title, base::WallTime at,
                                 std::string_view extension);

}  // namespace shelcaster::control::detail
