#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "control/urls.hpp"

// Addresses of media and destinations, and queries, as clients send them. What is accepted has to
// be usable: a scheme that we speak, no credentials or line breaks in it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace shelcaster::control;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto has_scheme = [](const std::string& url, std::string_view scheme) {
    if (url.size() < scheme.size()) return false;
    for (std::size_t i = 0; i < scheme.size(); ++i) {
      const char c = url[i];
      if ((c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) != scheme[i]) return false;
    }
    return true;
  };
  if (check_media_url(text, false)) {
    if (!check_media_url(text, true)) std::abort();
    if (!has_scheme(text, "http://") && !has_scheme(text, "https://")) std::abort();
    if (text.find_first_of("\r\n\0", 0, 3) != std::string::npos) std::abort();
  }
  if (const auto output = parse_output_url(text, true)) {
    if (!has_scheme(output->url, "rtmp://") && !has_scheme(output->url, "rtmps://")) std::abort();
    if (output->url.find_first_of("\r\n\0", 0, 3) != std::string::npos) std::abort();
  }
  (void)percent_decoded(text);
  (void)query_parameters(text);
  return 0;
}
