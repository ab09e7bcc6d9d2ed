#include "runtime/webhook.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "base/log.hpp"
#include "runtime/thread.hpp"

namespace shelcaster::runtime {
namespace {

template <typename T>
using Freed = std::unique_ptr<T, void (*)(T*)>;

long milliseconds(base::Duration duration) {
  return static_cast<long>(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

/// What the receiver says is nobody's business but that it came; an endless answer ends here.
std::size_t ignore(char*, std::size_t, std::size_t size, void* bytes_left) {
  auto& left = *static_cast<std::size_t*>(bytes_left);
  if (size > left) return 0;
  left -= size;
  return size;
}

}  // namespace

std::string webhook_signature(const std::string& secret, const std::string& body) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  if (::HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
             reinterpret_cast<const unsigned char*>(body.data()), body.size(), mac.data(),
             &size) == nullptr) {
    std::abort();
  }
  std::string text = "sha256=";
  for (unsigned i = 0; i < size; ++i) text += fmt::format("{:02x}", mac[i]);
  return text;
}

// The thread and the owner share this; the thread touches nothing else, so it may outlive the
// owner, who doesn't wait for a name that is being looked up.
class Webhook::Core : public std::enable_shared_from_this<Core> {
 public:
  explicit Core(WebhookOptions options) : options_(std::move(options)) {}

  void start() {
    std::thread([self = shared_from_this()] {
      name_thread("webhook");
      self->run();
    }).detach();
  }
  void end() {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
    changed_.notify_all();
  }
  void post(std::string body) {
    const std::lock_guard lock(mutex_);
    if (queue_.size() == options_.queue_max) {
      queue_.pop_front();
      ++counts_.dropped;
    }
    queue_.push_back(std::move(body));
    changed_.notify_all();
  }
  [[nodiscard]] WebhookCounts counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
  }

 private:
  void run();
  bool deliver(const std::string& body);
  /// Empty when it was delivered, else what was wrong, without the URL.
  std::string try_once(const std::string& body);

  static int watch_progress(void* data, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Core*>(data)->is_over_ ? 1 : 0;
  }

  const WebhookOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> queue_;  // without the one that is being delivered
  WebhookCounts counts_;
  std::atomic<bool> is_over_{false};
};

void Webhook::Core::run() {
  for (;;) {
    std::string body;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return is_over_ || !queue_.empty(); });
      if (is_over_) return;
      body = std::move(queue_.front());
      queue_.pop_front();
    }
    const bool is_delivered = deliver(body);
    const std::lock_guard lock(mutex_);
    ++(is_delivered ? counts_.delivered : counts_.failed);
  }
}

bool Webhook::Core::deliver(const std::string& body) {
  base::Duration backoff = options_.backoff_min;
  for (int attempt = 1;; ++attempt) {
    const std::string problem = try_once(body);
    if (problem.empty()) return true;
    base::log::warn("webhook", "try {} of {}: {}", attempt, options_.tries_max, problem);
    if (attempt == options_.tries_max) return false;
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, backoff, [this] { return is_over_.load(); })) return false;
    backoff = std::min(2 * backoff, options_.backoff_max);
  }
}

std::string Webhook::Core::try_once(const std::string& body) {
  static const CURLcode kReady = ::curl_global_init(CURL_GLOBAL_DEFAULT);
  const Freed<CURL> easy(::curl_easy_init(), &::curl_easy_cleanup);
  if (kReady != CURLE_OK || !easy) return "it can't be sent: no memory";
  curl_slist* list = ::curl_slist_append(nullptr, "Content-Type: application/json");
  list = ::curl_slist_append(
      list, ("X-Shelcaster-Signature: " + webhook_signature(options_.secret, body)).c_str());
  // Without it a long body would wait for a "100 Continue" that few receivers send.
  list = ::curl_slist_append(list, "Expect:");
  const Freed<curl_slist> headers(list, &::curl_slist_free_all);
  std::size_t answer_bytes_left = std::size_t{64} * 1024;
  CURL* curl = easy.get();
  ::curl_easy_setopt(curl, CURLOPT_URL, options_.url.c_str());
  ::curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  ::curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  ::curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  // Straight to it, as with everything that serve fetches.
  ::curl_easy_setopt(curl, CURLOPT_PROXY, "");
  ::curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(options_.answer_max));
  ::curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, milliseconds(options_.answer_max));
  ::curl_easy_setopt(curl, CURLOPT_USERAGENT, "shelcaster");
  ::curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  ::curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data());
  ::curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  ::curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &ignore);
  ::curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer_bytes_left);
  // Trailers too, which libcurl 7.88 keeps without a bound.
  ::curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &ignore);
  ::curl_easy_setopt(curl, CURLOPT_HEADERDATA, &answer_bytes_left);
  ::curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  ::curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &Core::watch_progress);
  ::curl_easy_setopt(curl, CURLOPT_XFERINFODATA, this);
  const CURLcode code = ::curl_easy_perform(curl);
  // Not curl's own message, which names the host.
  if (code != CURLE_OK) return ::curl_easy_strerror(code);
  long status = 0;
  ::curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  return status / 100 == 2 ? std::string() : fmt::format("the receiver answered {}", status);
}

Webhook::Webhook(WebhookOptions options) : core_(std::make_shared<Core>(std::move(options))) {
  core_->start();
}

Webhook::~Webhook() { core_->end(); }

void Webhook::post(std::string body) { core_->post(std::move(body)); }

WebhookCounts Webhook::counts() const { return core_->counts(); }

}  // namespace shelcaster::runtime
