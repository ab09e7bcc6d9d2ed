#include "app/robot/api_client.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <utility>

namespace shelcaster::app {
namespace {

namespace json = boost::json;

constexpr long kTimeoutSeconds = 30;
constexpr std::size_t kReplyBytesMax = std::size_t{8} << 20U;

std::size_t take_body(char* data, std::size_t size, std::size_t count, void* into) {
  auto& body = *static_cast<std::string*>(into);
  if (body.size() + size * count > kReplyBytesMax) return 0;
  body.append(data, size * count);
  return size * count;
}

std::size_t take_header(char* data, std::size_t size, std::size_t count, void* into) {
  auto& headers = *static_cast<std::map<std::string, std::string>*>(into);
  const std::string_view line(data, size * count);
  if (const std::size_t colon = line.find(':'); colon != std::string_view::npos) {
    std::string name(line.substr(0, colon));
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    while (!value.empty() && (value.back() == '\r' || value.back() == '\n')) value.remove_suffix(1);
    headers[name] = std::string(value);
  }
  return size * count;
}

std::string detail_of(const ApiReply& reply) {
  boost::system::error_code error;
  const json::value problem = json::parse(reply.body, error);
  if (!error && problem.is_object()) {
    for (const std::string_view key : {"detail", "title"}) {
      const json::value* text = problem.get_object().if_contains(key);
      if (text != nullptr && text->is_string()) return std::string(text->get_string());
    }
  }
  return "no detail";
}

}  // namespace

struct ApiClient::Curl {
  CURL* handle = curl_easy_init();
  ~Curl() { curl_easy_cleanup(handle); }
};

ApiClient::ApiClient(ApiServer server, std::string token)
    : server_(std::move(server)), token_(std::move(token)), curl_(std::make_unique<Curl>()) {
  if (curl_->handle == nullptr) std::abort();
}

ApiClient::~ApiClient() = default;

base::Result<ApiReply> ApiClient::request(std::string_view method, std::string_view path,
                                          std::string_view content_type, std::string_view body) {
  CURL* curl = curl_->handle;
  curl_easy_reset(curl);
  const std::string url = server_.url + std::string(path);
  const std::string verb(method);
  ApiReply reply;
  curl_slist* headers = curl_slist_append(nullptr, "Expect:");
  if (!token_.empty()) {
    headers = curl_slist_append(headers, ("Authorization: Bearer " + token_).c_str());
  }
  if (!content_type.empty()) {
    headers = curl_slist_append(headers, fmt::format("Content-Type: {}", content_type).c_str());
  }
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  if (!server_.certificate.empty()) {
    curl_easy_setopt(curl, CURLOPT_CAINFO, server_.certificate.c_str());
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, verb.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, kTimeoutSeconds);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &take_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reply.body);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &take_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &reply.headers);
  if (method != "GET") {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  }
  const CURLcode code = curl_easy_perform(curl);
  curl_slist_free_all(headers);
  if (code != CURLE_OK) {
    return base::fail(fmt::format("{} {}: {}", method, path, curl_easy_strerror(code)));
  }
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  reply.status = static_cast<int>(status);
  return reply;
}

base::Result<json::value> ApiClient::call(std::string_view method, std::string_view path,
                                          const json::object* body) {
  const std::string text = body == nullptr ? std::string() : json::serialize(*body);
  const auto reply = request(method, path, body == nullptr ? "" : "application/json", text);
  if (!reply) return tl::unexpected(reply.error());
  if (reply->status / 100 != 2) {
    return base::fail(
        fmt::format("{} {}: {} ({})", method, path, detail_of(*reply), reply->status));
  }
  if (reply->body.empty()) return json::value();
  boost::system::error_code error;
  json::value value = json::parse(reply->body, error);
  if (error) return base::fail(fmt::format("{} {}: the reply is not JSON", method, path));
  return value;
}

}  // namespace shelcaster::app
