#include "runtime/detail/request_head.hpp"

#include <algorithm>
#include <vector>

namespace shelcaster::runtime::detail {
namespace {

bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

bool is_number(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// `lower_case` is in lower case.
bool is_same(std::string_view text, std::string_view lower_case) {
  return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                    [](char a, char b) { return lower(a) == b; });
}

std::vector<std::string_view> values_of(const HttpHeaders& headers, std::string_view name) {
  std::vector<std::string_view> values;
  for (const auto& [header, value] : headers) {
    if (is_same(header, name)) values.emplace_back(value);
  }
  return values;
}

}  // namespace

RequestHead::State RequestHead::bad(std::string_view fault) {
  fault_ = fault;
  return State::kBad;
}

RequestHead::State RequestHead::end_line() {
  if (line_bytes_ == 0) return lines_ == 0 ? bad("it begins with an empty line") : State::kDone;
  line_bytes_ = 0;
  return ++lines_ > kFieldsMax + 1 ? State::kTooMany : State::kMore;
}

RequestHead::State RequestHead::take(char c) {
  ++bytes_;
  if (is_after_cr_) {
    is_after_cr_ = false;
    return c == '\n' ? end_line() : bad("a line ends with CR alone");
  }
  if (c == '\r') {
    is_after_cr_ = true;
    return State::kMore;
  }
  if (c == '\n') return bad("a line ends with LF alone");
  const auto code = static_cast<unsigned char>(c);
  const bool is_tab = c == '\t' && lines_ > 0;
  if ((code < 0x20 && !is_tab) || code == 0x7f) return bad("there is a control character in it");
  if (line_bytes_ == 0) {
    if (lines_ == 0 && !is_letter(c)) return bad("it doesn't begin with a method");
    if (c == ' ' || c == '\t') return bad("a header is folded over several lines");
  }
  ++line_bytes_;
  return State::kMore;
}

RequestHead::State RequestHead::feed(std::string_view bytes) {
  for (const char c : bytes) {
    const State state = take(c);
    if (state != State::kMore) return state;
  }
  return State::kMore;
}

std::optional<std::string_view> framing_fault(const HttpHeaders& headers, bool is_http_1_1) {
  const auto hosts = values_of(headers, "host");
  if (hosts.size() > 1) return "there are several Host headers";
  if (hosts.empty() && is_http_1_1) return "there is no Host header";
  if (!hosts.empty() && !is_host(hosts.front())) return "Host is no host";
  const auto lengths = values_of(headers, "content-length");
  if (lengths.size() > 1) return "there are several Content-Length headers";
  if (!lengths.empty() && !is_number(lengths.front())) return "Content-Length is no number";
  const auto codings = values_of(headers, "transfer-encoding");
  if (codings.empty()) return std::nullopt;
  if (!lengths.empty()) return "there are both Transfer-Encoding and Content-Length";
  if (codings.size() > 1 || !is_same(codings.front(), "chunked")) {
    return "Transfer-Encoding can be chunked only";
  }
  if (!is_http_1_1) return "HTTP/1.0 has no Transfer-Encoding";
  return std::nullopt;
}

}  // namespace shelcaster::runtime::detail
