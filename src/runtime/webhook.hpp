#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/time.hpp"

namespace shelcaster::runtime {

struct WebhookOptions {
  /// http or https; it may lead to a private address, since the operator chose it. It may hold a
  /// secret: never log it.
  std::string url;
  /// Key of the signature.
  std::string secret;
  std::size_t queue_max = 256;
  int tries_max = 10;
  /// Before the second try; doubles with each, to `backoff_max`.
  base::Duration backoff_min = std::chrono::seconds(1);
  base::Duration backoff_max = std::chrono::seconds(60);
  /// For one try, from looking the name up to the end of the answer.
  base::Duration answer_max = std::chrono::seconds(10);
};

struct WebhookCounts {
  std::uint64_t delivered = 0;
  std::uint64_t failed = 0;   // given up after the last try
  std::uint64_t dropped = 0;  // the oldest, when the queue was full
};

/// Posts JSON bodies to one URL, one after the other in their order, on a thread of its own. Each
/// has the header `X-Shelcaster-Signature: sha256=<hex of HMAC-SHA256 of the body>`. An answer of
/// 2xx is a delivery; after anything else, redirects included, it is tried again. What is under way
/// when this is destroyed is lost.
class Webhook {
 public:
  explicit Webhook(WebhookOptions options);
  ~Webhook();
  Webhook(const Webhook&) = delete;
  Webhook& operator=(const Webhook&) = delete;

  /// Any thread; never waits for the receiver.
  void post(std::string body);
  [[nodiscard]] WebhookCounts counts() const;

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

/// "sha256=" and the lowercase hex of HMAC-SHA256.
[[nodiscard]] std::string webhook_signature(const std::string& secret, const std::string& body);

}  // namespace shelcaster::runtime
