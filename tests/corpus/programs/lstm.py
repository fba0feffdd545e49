import torch
import torch.nn as nn

torch.manual_seed(0)


class Tagger(nn.Module):
    def __init__(self, vocabulary, width, tags):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.lstm = nn.LSTM(width, width, bidirectional=True)
        self.out = nn.Linear(2 * width, tags)

    def forward(self, sentence):
        embedded = self.embedding(sentence)
        states, (h, c) = self.lstm(embedded.view(len(sentence), 1, -1))
        return nn.functional.log_softmax(self.out(states.view(len(sentence), -1)), dim=1)


words = {word: index for index, word in enumerate(["the", "dog", "ate", "the", "apple"])}
sentence = torch.tensor([words[w] for w in ["the", "dog", "ate", "the", "apple"]])
tags = torch.tensor([0, 1, 2, 0, 1])
model = Tagger(len(words) + 2, 6, 3)
loss_function = nn.NLLLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(8):
    model.zero_grad()
    scores = model(sentence)
    loss = loss_function(scores, tags)
    loss.backward()
    optimizer.step()
print(scores.argmax(1).tolist(), f"{loss.item():.3f}")
