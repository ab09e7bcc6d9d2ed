#include "rtc/dtls/detail/datagram_bio.hpp"

#include <openssl/bio.h>

#include <algorithm>
#include <cstring>

namespace shelcaster::rtc::detail {
namespace {

int read_datagram(BIO* bio, char* out, int size) {
  auto& queues = *static_cast<DatagramQueues*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (queues.in.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const base::Bytes datagram = std::move(queues.in.front());
  queues.in.pop_front();
  const std::size_t count = std::min(datagram.size(), static_cast<std::size_t>(size));
  std::memcpy(out, datagram.data(), count);
  return static_cast<int>(count);
}

int write_datagram(BIO* bio, const char* bytes, int size) {
  auto& queues = *static_cast<DatagramQueues*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (queues.out.size() < DatagramQueues::kDatagramsMax) {
    const auto* first = reinterpret_cast<const std::byte*>(bytes);
    queues.out.emplace_back(first, first + size);
  }
  return size;
}

long control(BIO*, int command, long, void*) {
  // The MTU is set on the SSL; queries for it go unanswered on purpose (SSL_OP_NO_QUERY_MTU).
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* make_method() {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams");
  if (method == nullptr) return nullptr;
  BIO_meth_set_read(method, read_datagram);
  BIO_meth_set_write(method, write_datagram);
  BIO_meth_set_ctrl(method, control);
  return method;
}

}  // namespace

bio_st* make_datagram_bio(DatagramQueues& queues) {
  static BIO_METHOD* const method = make_method();
  BIO* bio = method == nullptr ? nullptr : BIO_new(method);
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, &queues);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace shelcaster::rtc::detail
