#pragma once

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.hpp"
#include "rtc/srtp/srtp_keys.hpp"

namespace shelcaster::rtc {

/// The session keys of one direction of RTP or of RTCP, derived from the master key and salt (RFC
/// 3711 §4.3, RFC 7714 §11), and the two transforms with them. The constructor allocates and aborts
/// if OpenSSL fails; after it there is no allocation, which is why HMAC stands here in terms of
/// SHA-1: OpenSSL's own allocates a context for every message.
class SrtpCipher {
 public:
  enum class Stream : std::uint8_t { kRtp = 0, kRtcp = 3 };  // their first key derivation label
  enum class Direction { kSeal, kOpen };

  SrtpCipher(SrtpProfile profile, base::ByteSpan key_salt, Stream stream, Direction direction);
  /// Leaves none of the keys in memory, nor does OpenSSL in what it frees.
  ~SrtpCipher();
  SrtpCipher(const SrtpCipher&) = delete;
  SrtpCipher& operator=(const SrtpCipher&) = delete;

  [[nodiscard]] std::size_t tag_bytes() const noexcept { return is_gcm_ ? 16 : 10; }

  /// Encrypts `text` in place and writes the tag. `plain` is what goes before it in the packet and
  /// is authenticated; `word` is the rollover counter (RTP) or the E flag and index (RTCP).
  [[nodiscard]] bool seal(std::uint32_t ssrc, std::uint64_t index, base::ByteSpan plain,
                          std::span<std::byte> text, std::uint32_t word,
                          std::span<std::byte> tag) noexcept;

  /// The reverse; false if the tag is wrong, and `text` is then unspecified. plain and text are
  /// next to each other in memory here and in seal().
  [[nodiscard]] bool open(std::uint32_t ssrc, std::uint64_t index, base::ByteSpan plain,
                          std::span<std::byte> text, std::uint32_t word,
                          base::ByteSpan tag) noexcept;

 private:
  struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
  };
  using Iv = std::array<unsigned char, 16>;
  using Digest = std::array<unsigned char, SHA_DIGEST_LENGTH>;

  [[nodiscard]] Iv make_iv(std::uint32_t ssrc, std::uint64_t index) const noexcept;
  void start_hmac(std::span<const unsigned char> key) noexcept;
  [[nodiscard]] Digest hmac(base::ByteSpan plain, base::ByteSpan text,
                            std::uint32_t word) const noexcept;
  [[nodiscard]] bool start_gcm(const Iv& iv, base::ByteSpan plain, std::uint32_t word) noexcept;
  [[nodiscard]] bool transform(std::span<std::byte> text) noexcept;

  const bool is_gcm_;
  const Stream stream_;
  std::unique_ptr<EVP_CIPHER_CTX, FreeContext> context_;
  std::array<unsigned char, 14> salt_{};
  SHA_CTX inner_{};
  SHA_CTX outer_{};
};

}  // namespace shelcaster::rtc
