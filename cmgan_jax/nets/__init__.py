"""The networks: encoder, classifier, generator and discriminator."""
