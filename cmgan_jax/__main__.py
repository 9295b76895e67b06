"""python -m cmgan_jax VERB --flags"""

from cmgan_jax.cli.main import main

if __name__ == "__main__":
    main()
