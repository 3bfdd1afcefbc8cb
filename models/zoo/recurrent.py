"""Recurrent networks."""

import torch
from torch import nn

from case import network, token_case, tokens


class LanguageModel(nn.Module):
    def __init__(self, size, drop):
        super().__init__()
        self.emb = nn.Embedding(size.vocabulary, size.hidden)
        self.rnn = nn.LSTM(size.hidden, size.hidden, 2, batch_first=True, dropout=drop)
        self.head = nn.Linear(size.hidden, size.vocabulary)

    def forward(self, tokens):
        return self.head(self.rnn(self.emb(tokens))[0])


@network("recurrent", needs=("recurrence",))
def lstm_lm(size, drop):
    return token_case(LanguageModel(size, drop), size, {"tokens": tokens(size)},
                      optimizer="sgd,lr=0.05")


class Classifier(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.emb = nn.Embedding(size.vocabulary, size.hidden)
        self.rnn = nn.GRU(size.hidden, size.hidden, batch_first=True,
                          bidirectional=True)
        self.head = nn.Linear(2 * size.hidden, 5)

    def forward(self, tokens):
        _, h = self.rnn(self.emb(tokens))
        return self.head(torch.cat([h[0], h[1]], -1))


@network("recurrent", needs=("recurrence",))
def gru_classifier(size, drop):
    return token_case(Classifier(size), size, {"tokens": tokens(size)}, 5,
                      optimizer="sgd,lr=0.05")
