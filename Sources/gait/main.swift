print("gait")
