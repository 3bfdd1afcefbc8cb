//===- TokenSource.h - Windows of a stream of tokens ------------*- C++ -*-===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
//
// One long stream of ids, cut into windows of T ids, the length of the input's
// rows. With documents that end with an id of their own, either
//   - windows follow one another, whatever they hold (packed), and the end's
//     target, which is the next document's first id, is ignored; or
//   - windows begin with a document and end with it: what is left of them holds
//     the end's id, with ignored targets.
//
//===----------------------------------------------------------------------===//

#ifndef DPC_RUNTIME_DATA_TOKENSOURCE_H
#define DPC_RUNTIME_DATA_TOKENSOURCE_H

#include "runtime/Data/RowSource.h"

namespace dpc::rt {

/// Ids in memory, and what keeps them there.
struct TokenStream {
  std::shared_ptr<void> owner;
  std::string path;
  const char *data = nullptr;
  DpcType type = DPC_U8;
  int64_t count = 0;
};

/// "WORD[,type=TYPE][,end=ID][,documents]": the ids of the windows where WORD is
/// tokens, those behind them where it is next. The type is that of raw ids in a
/// file that is no .npy; text is bytes, u8.
struct TokenWish {
  bool isNext = false;
  std::optional<DpcType> type;
  std::optional<int64_t> end;
  bool byDocument = false;

  static Expected<TokenWish> parse(const DataSpec &spec,
                                   const SourceRequest &request);
};

/// Whether files are streams of tokens: by the selector, or text without one.
bool areTokens(const DataSpec &spec);

Expected<RowSourcePtr>
makeTokenSource(TokenStream stream, const TokenWish &wish, const Input &input);

} // namespace dpc::rt

#endif // DPC_RUNTIME_DATA_TOKENSOURCE_H
