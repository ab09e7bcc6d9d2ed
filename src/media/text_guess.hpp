#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace shelcaster::media {

/// Makes UTF-8 of text whose encoding nobody says, or says wrongly, as in the tags of music files:
/// valid UTF-8 is taken for that; else Shift-JIS, Windows-1251 and Windows-1252 are guessed by what
/// the letters then are. Make it before the sandbox: the C library loads its tables from files.
class TextGuess {
 public:
  TextGuess();
  ~TextGuess();

  /// Control characters become spaces; at most `bytes_max` bytes, cut between characters.
  [[nodiscard]] std::string utf8(std::string_view bytes, std::size_t bytes_max = 1'000) const;

  /// For text that was read as Latin-1, as ID3 says, whatever it was: the bytes that it was made
  /// of, if all of it fits Latin-1; else as it is.
  [[nodiscard]] static std::string latin1_bytes(std::string_view utf8);

 private:
  struct Converter;
  std::unique_ptr<Converter> shift_jis_;
};

}  // namespace shelcaster::media
