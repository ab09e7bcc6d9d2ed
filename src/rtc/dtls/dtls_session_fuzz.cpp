#include <cstdlib>

#include "rtc/dtls/dtls_session.hpp"

// The input is cut into datagrams by a length byte each (times 8) and fed to a waiting server and
// to a client that has sent its ClientHello.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace shelcaster;
  static const auto certificate = rtc::DtlsCertificate::make();
  if (!certificate) std::abort();
  const base::Instant now = base::Instant::from_nanoseconds(1'000'000'000);
  rtc::DtlsSession server(**certificate, rtc::DtlsRole::kServer, rtc::Fingerprint{});
  rtc::DtlsSession client(**certificate, rtc::DtlsRole::kClient, rtc::Fingerprint{});
  client.start(now);
  base::ByteReader reader(std::as_bytes(std::span(data, size)));
  while (reader.remaining() > 0) {
    const std::size_t wanted = std::size_t{reader.u8()} * 8;
    const base::ByteSpan datagram = reader.take(std::min(wanted, reader.remaining()));
    server.handle_datagram(now, datagram);
    client.handle_datagram(now, datagram);
  }
  while (server.poll_transmit() || client.poll_transmit()) continue;
  return 0;
}
